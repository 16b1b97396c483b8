package main

import (
	"sort"

	memdb "github.com/hashicorp/go-memdb"
)

// What go-memdb does otherwise than memoir, one function each; known-differences.test.ts has the other side.

// Item is the row of these.
type Item struct {
	ID    string
	Name  string
	Other string
	Age   int
	Tags  []string
	Marks map[string]string
}

var differences = map[string]func() interface{}{
	"unique": func() interface{} {
		txn := items(index("name", true, false, text("Name"))).Txn(true)
		put(txn, &Item{ID: "1", Name: "ada"}, &Item{ID: "2", Name: "ada"})
		both := object{"rows": ids(txn, "id"), "byName": ids(txn, "name")}
		must(txn.Delete("items", &Item{ID: "2"}))
		return object{"written": both, "left": ids(txn, "id"), "byNameLeft": ids(txn, "name")}
	},
	"failed insert": func() interface{} {
		txn := items(index("name", false, false, text("Name"))).Txn(true)
		put(txn, &Item{ID: "1", Name: "ada"})
		err := txn.Insert("items", &Item{ID: "1", Name: ""})
		return object{"error": err.Error(), "rows": len(ids(txn, "id")), "byName": ids(txn, "name")}
	},
	"integers": func() interface{} {
		txn := items(index("age", false, false, &memdb.IntFieldIndex{Field: "Age"})).Txn(true)
		ages := []int{-300, -2, -1, 0, 1, 2, 63, 64, 127, 300}
		for i, age := range ages {
			put(txn, &Item{ID: string(rune('a' + i)), Age: age})
		}
		iter, err := txn.LowerBound("items", "age", 1)
		must(err)
		all, err := txn.Get("items", "age")
		must(err)
		return object{"ages": agesOf(all), "from1": agesOf(iter)}
	},
	"empty string": func() interface{} {
		strict := items(index("name", false, false, text("Name"))).Txn(true)
		err := strict.Insert("items", &Item{ID: "1"})
		sparse := items(index("name", false, true, text("Name"))).Txn(true)
		put(sparse, &Item{ID: "1"})
		return object{"error": err.Error(), "found": ids(sparse, "name", ""), "rows": ids(sparse, "id")}
	},
	"terminator": func() interface{} {
		txn := items(
			index("name", false, true, text("Name")),
			index("both", true, true, &memdb.CompoundIndex{Indexes: []memdb.Indexer{text("Name"), text("Other")}}),
		).Txn(true)
		put(txn, &Item{ID: "1", Name: "a\x00b", Other: "c"}, &Item{ID: "2", Name: "a", Other: "b\x00c"})
		return object{"named a": ids(txn, "name", "a"), "both": ids(txn, "both")}
	},
	"iterator": func() interface{} {
		txn := items().Txn(true)
		for i := 0; i < 9; i++ {
			put(txn, &Item{ID: string(rune('a' + i))})
		}
		iter, err := txn.Get("items", "id")
		must(err)
		seen := []string{}
		fault := attempt(func() interface{} {
			for found := iter.Next(); found != nil; found = iter.Next() {
				seen = append(seen, found.(*Item).ID)
				must(txn.Delete("items", found))
			}
			return nil
		})
		return object{"seen": seen, "fault": fault, "left": ids(txn, "id")}
	},
	"changes": func() interface{} {
		db := items()
		txn := db.Txn(true)
		put(txn, &Item{ID: "1", Name: "a"}, &Item{ID: "2", Name: "a"})
		txn.Commit()
		txn = db.Txn(true)
		txn.TrackChanges()
		put(txn, &Item{ID: "1", Name: "a"}, &Item{ID: "2", Name: "b"}, &Item{ID: "2", Name: "a"})
		changed := []string{}
		for _, change := range txn.Changes() {
			changed = append(changed, change.After.(*Item).ID)
		}
		return changed
	},
	"delete by prefix of many": func() interface{} {
		txn := items(index("tags", false, true, &memdb.StringSliceFieldIndex{Field: "Tags"})).Txn(true)
		put(txn, &Item{ID: "1", Tags: []string{"ab", "cd"}})
		_, err := txn.DeletePrefix("items", "tags_prefix", "a")
		must(err)
		return object{"rows": ids(txn, "id"), "tagged": ids(txn, "tags")}
	},
	"delete by prefix in lower case": func() interface{} {
		txn := items(index("name", false, true, &memdb.StringFieldIndex{Field: "Name", Lowercase: true})).Txn(true)
		put(txn, &Item{ID: "1", Name: "Ada"})
		fault := attempt(func() interface{} {
			_, err := txn.DeletePrefix("items", "name_prefix", "A")
			must(err)
			return nil
		})
		return object{"fault": fault, "rows": ids(txn, "id"), "named": ids(txn, "name")}
	},
	"delete by prefix after a write": func() interface{} {
		db := items()
		txn := db.Txn(true)
		put(txn, &Item{ID: "1"})
		_, err := txn.DeletePrefix("items", "id_prefix", "")
		must(err)
		txn.Commit()
		return attempt(func() interface{} {
			txn := db.Txn(true)
			put(txn, &Item{ID: "2"})
			txn.Commit()
			return nil
		})
	},
	"delete all of many": func() interface{} {
		txn := items(index("tags", false, true, &memdb.StringSliceFieldIndex{Field: "Tags"})).Txn(true)
		put(txn, &Item{ID: "1", Tags: []string{"a", "b"}}, &Item{ID: "2", Tags: []string{"c"}})
		count, err := txn.DeleteAll("items", "tags")
		return object{"error": err.Error(), "count": count, "rows": ids(txn, "id")}
	},
	"repeats": func() interface{} {
		txn := items(index("tags", false, true, &memdb.StringSliceFieldIndex{Field: "Tags"})).Txn(true)
		put(txn, &Item{ID: "1", Tags: []string{"a", "ab"}}, &Item{ID: "2", Tags: []string{"aa"}})
		return ids(txn, "tags_prefix", "a")
	},
	"compound of many": func() interface{} {
		txn := items(index("named", false, true, &memdb.CompoundMultiIndex{Indexes: []memdb.Indexer{
			text("Name"), &memdb.StringSliceFieldIndex{Field: "Tags"},
		}})).Txn(true)
		put(txn, &Item{ID: "1", Name: "abc", Tags: []string{"x", "y", "z"}})
		return object{
			"x": ids(txn, "named", "abc", "x"), "y": ids(txn, "named", "abc", "y"), "z": ids(txn, "named", "abc", "z"),
		}
	},
	"row changed in place": func() interface{} {
		txn := items(index("name", false, false, text("Name"))).Txn(true)
		item := &Item{ID: "1", Name: "ada"}
		put(txn, item)
		item.Name = "eve"
		before := ids(txn, "name", "ada")
		put(txn, item)
		return object{"ada": before, "adaAfterInsert": ids(txn, "name", "ada"), "entries": ids(txn, "name")}
	},
	"prefix of a compound": func() interface{} {
		txn := items(index("both", false, false, &memdb.CompoundIndex{
			Indexes: []memdb.Indexer{text("Name"), text("Other")},
		})).Txn(true)
		put(txn, &Item{ID: "1", Name: "mail", Other: "x"}, &Item{ID: "2", Name: "mailbox", Other: "x"})
		return ids(txn, "both_prefix", "mail")
	},
	"names of a map": func() interface{} {
		txn := items(index("marks", true, true, &memdb.StringMapFieldIndex{Field: "Marks"})).Txn(true)
		put(txn, &Item{ID: "1", Marks: map[string]string{"clarity": "3"}})
		found, err := txn.First("items", "marks", "clarity")
		must(err)
		return found
	},
	"longest prefix": func() interface{} {
		txn := items(index("path", true, false, text("Name"))).Txn(true)
		put(txn, &Item{ID: "1", Name: "/"}, &Item{ID: "2", Name: "/a"})
		found, err := txn.LongestPrefix("items", "path_prefix", "/a/b")
		must(err)
		return found
	},
}

func showDifference(name string) interface{} {
	show, ok := differences[name]
	if !ok {
		panic("no difference " + name)
	}
	return show()
}

func differenceNames() []string {
	names := []string{}
	for name := range differences {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func index(name string, unique, missing bool, indexer memdb.Indexer) *memdb.IndexSchema {
	return &memdb.IndexSchema{Name: name, Unique: unique, AllowMissing: missing, Indexer: indexer}
}

func items(indexes ...*memdb.IndexSchema) *memdb.MemDB {
	byName := map[string]*memdb.IndexSchema{"id": index("id", true, false, text("ID"))}
	for _, index := range indexes {
		byName[index.Name] = index
	}
	db, err := memdb.NewMemDB(&memdb.DBSchema{
		Tables: map[string]*memdb.TableSchema{"items": {Name: "items", Indexes: byName}},
	})
	must(err)
	return db
}

func put(txn *memdb.Txn, items ...*Item) {
	for _, item := range items {
		must(txn.Insert("items", item))
	}
}

// ids gives the primary key of every entry that Get gives.
func ids(txn *memdb.Txn, index string, args ...interface{}) []string {
	iter, err := txn.Get("items", index, args...)
	must(err)
	found := []string{}
	for item := iter.Next(); item != nil; item = iter.Next() {
		found = append(found, item.(*Item).ID)
	}
	return found
}

func agesOf(iter memdb.ResultIterator) []int {
	found := []int{}
	for item := iter.Next(); item != nil; item = iter.Next() {
		found = append(found, item.(*Item).Age)
	}
	return found
}
