package main

import (
	memdb "github.com/hashicorp/go-memdb"
)

// Row is a row of either table. Its twin is the codec in schema.ts.
type Row struct {
	Group   string            `json:"group"`
	ID      string            `json:"id"`
	Name    string            `json:"name"`
	Nick    *string           `json:"nick,omitempty"`
	Badge   *string           `json:"badge"`
	Owner   *string           `json:"owner,omitempty"`
	Rank    int               `json:"rank"`
	Score   float64           `json:"score"`
	Due     *int              `json:"due,omitempty"`
	Done    bool              `json:"done"`
	Tags    []string          `json:"tags"`
	Aliases []string          `json:"aliases"`
	Marks   map[string]string `json:"marks"`
	Serial  string            `json:"serial"`
	Path    *string           `json:"path,omitempty"`
}

// An Index is an index of a table, with what it has that memdb does not say.
type Index struct {
	Name    string
	Unique  bool
	Missing bool // rows without a value are stored, and are not in the index
	Indexer memdb.Indexer
	// Unordered indexes hold keys whose bytes do not stand in the order of their values.
	Unordered bool
	// Native indexes take only ranges that memdb knows itself, with nothing left to filter.
	Native bool
}

// A Table is a table with its indexes in the order in which memoir has them.
type Table struct {
	Name    string
	Key     func(*Row) interface{}
	Indexes []Index
}

func (t *Table) index(name string) *Index {
	for i := range t.Indexes {
		if t.Indexes[i].Name == name {
			return &t.Indexes[i]
		}
	}
	panic("no index " + name)
}

func text(field string) memdb.Indexer { return &memdb.StringFieldIndex{Field: field} }

// stock is indexed by what memdb brings, so that its indexers are compared, too.
var stock = Table{
	Name: "stock",
	Key:  func(row *Row) interface{} { return row.ID },
	Indexes: []Index{
		{Name: "id", Unique: true, Indexer: text("ID")},
		{Name: "name", Missing: true, Indexer: text("Name")},
		{Name: "nameLower", Missing: true, Indexer: &memdb.StringFieldIndex{Field: "Name", Lowercase: true}},
		{Name: "nick", Unique: true, Missing: true, Indexer: text("Nick")},
		{Name: "badge", Missing: true, Indexer: text("Badge")},
		{Name: "owner", Indexer: text("Owner")},
		{Name: "rank", Unordered: true, Indexer: &memdb.IntFieldIndex{Field: "Rank"}},
		{Name: "done", Indexer: &memdb.BoolFieldIndex{Field: "Done"}},
		{Name: "nickSet", Indexer: &memdb.FieldSetIndex{Field: "Nick"}},
		{Name: "high", Indexer: &memdb.ConditionalIndex{
			Conditional: func(row interface{}) (bool, error) { return row.(*Row).Rank > 5, nil },
		}},
		{Name: "tags", Missing: true, Indexer: &memdb.StringSliceFieldIndex{Field: "Tags"}},
		{Name: "tagsLower", Missing: true, Indexer: &memdb.StringSliceFieldIndex{Field: "Tags", Lowercase: true}},
		{Name: "aliases", Unique: true, Missing: true, Indexer: &memdb.StringSliceFieldIndex{Field: "Aliases"}},
		{Name: "marks", Missing: true, Indexer: &memdb.StringMapFieldIndex{Field: "Marks"}},
		{Name: "serial", Unique: true, Missing: true, Indexer: &memdb.UUIDFieldIndex{Field: "Serial"}},
		{Name: "nameDoneNick", Missing: true, Indexer: &memdb.CompoundIndex{
			Indexes: []memdb.Indexer{text("Name"), &memdb.BoolFieldIndex{Field: "Done"}, text("Nick")},
		}},
		{Name: "badgeOwner", Unique: true, Missing: true, Indexer: &memdb.CompoundIndex{
			Indexes: []memdb.Indexer{text("Badge"), text("Owner")},
		}},
		{Name: "doneIDNick", Unique: true, Missing: true, Indexer: &memdb.CompoundIndex{
			Indexes: []memdb.Indexer{&memdb.BoolFieldIndex{Field: "Done"}, text("ID"), text("Nick")}, AllowMissing: true,
		}},
	},
}

// own is indexed by indexers that keep the order of all values, so that every range can be compared.
var own = Table{
	Name: "own",
	Key:  func(row *Row) interface{} { return []string{row.Group, row.ID} },
	Indexes: []Index{
		{Name: "id", Unique: true, Indexer: one(field("Group"), field("ID"))},
		{Name: "byName", Indexer: one(field("Name"))},
		{Name: "byNameLower", Indexer: lower(field("Name"))},
		{Name: "byNameRank", Indexer: one(field("Name"), field("Rank"))},
		{Name: "byRank", Indexer: one(field("Rank"))},
		{Name: "byScore", Indexer: one(field("Score"), field("Name"))},
		{Name: "byBadge", Indexer: one(field("Badge"), field("Rank"))},
		{Name: "byOwner", Indexer: one(optional("Owner"))},
		{Name: "byDue", Missing: true, Indexer: one(optional("Due"))},
		{Name: "byNick", Unique: true, Missing: true, Indexer: one(optional("Nick"), field("Done"))},
		{Name: "open", Missing: true, Indexer: when(
			func(row *Row) bool { return !row.Done }, one(field("Rank"), field("Name")),
		)},
		{Name: "overdue", Unique: true, Missing: true, Indexer: when(
			func(row *Row) bool { return row.Due != nil && *row.Due < row.Rank }, one(field("Name"), optional("Due")),
		)},
		{Name: "byTag", Missing: true, Indexer: each(elements("Tags"), false)},
		{Name: "byTagLower", Missing: true, Indexer: each(elements("Tags"), true)},
		{Name: "byAlias", Unique: true, Missing: true, Indexer: each(elements("Aliases"), false)},
		{Name: "byMark", Missing: true, Indexer: each(entries("Marks"), false)},
		{Name: "byMarkName", Missing: true, Indexer: each(names("Marks"), false)},
		{Name: "byPath", Unique: true, Missing: true, Native: true, Indexer: raw(optional("Path"))},
		{Name: "byGroupPath", Unique: true, Missing: true, Native: true, Indexer: raw(field("Group"), optional("Path"))},
	},
}

var tables = []*Table{&stock, &own}

func table(name string) *Table {
	for _, table := range tables {
		if table.Name == name {
			return table
		}
	}
	panic("no table " + name)
}

func open() *memdb.MemDB {
	schema := &memdb.DBSchema{Tables: map[string]*memdb.TableSchema{}}
	for _, table := range tables {
		indexes := map[string]*memdb.IndexSchema{}
		for _, index := range table.Indexes {
			indexes[index.Name] = &memdb.IndexSchema{
				Name: index.Name, Unique: index.Unique, AllowMissing: index.Missing, Indexer: index.Indexer,
			}
		}
		schema.Tables[table.Name] = &memdb.TableSchema{Name: table.Name, Indexes: indexes}
	}
	db, err := memdb.NewMemDB(schema)
	must(err)
	return db
}
