package main

import (
	"encoding/json"
	"reflect"

	memdb "github.com/hashicorp/go-memdb"
)

// A Refusal is a statement that changed nothing.
type Refusal struct {
	Refused string  `json:"refused"`
	Index   *string `json:"index,omitempty"`
	Row     *Row    `json:"row,omitempty"` // the row in the way
}

func refused(code, index string, row *Row) *Refusal { return &Refusal{code, &index, row} }

func rowOf(txn *memdb.Txn, table *Table, row *Row) *Row {
	key := keysOf(&table.Indexes[0], row)[0]
	object, err := txn.First(table.Name, "id", primaryArgs(table, row)...)
	must(err)
	if object == nil {
		return nil
	}
	if string(keysOf(&table.Indexes[0], object.(*Row))[0]) != string(key) {
		panic("First gave another row")
	}
	return object.(*Row)
}

func primaryArgs(table *Table, row *Row) []interface{} {
	if table == &stock {
		return []interface{}{row.ID}
	}
	return []interface{}{row.Group, row.ID}
}

// store inserts a row, or replaces the one of the same primary key. memdb leaves a refused Insert half done, enforces
// no unique index, and lists a write that changes nothing among the changes: so it is asked beforehand.
func store(txn *memdb.Txn, table *Table, row *Row) interface{} {
	present := rowOf(txn, table, row)
	if present != nil && reflect.DeepEqual(present, row) {
		return row
	}
	for i := range table.Indexes {
		index := &table.Indexes[i]
		if !index.Missing && len(keysOf(index, row)) == 0 {
			return refused("MissingValue", index.Name, nil)
		}
	}
	for i := range table.Indexes[1:] {
		index := &table.Indexes[i+1]
		if !index.Unique {
			continue
		}
		for _, key := range keysOf(index, row) {
			if other := holder(txn, table, index, key); other != nil && other != present {
				return refused("UniqueViolation", index.Name, other)
			}
		}
	}
	must(txn.Insert(table.Name, row))
	return row
}

// holder is the row that has a key in a unique index.
func holder(txn *memdb.Txn, table *Table, index *Index, key []byte) *Row {
	iter, err := txn.Get(table.Name, index.Name)
	must(err)
	for object := iter.Next(); object != nil; object = iter.Next() {
		for _, other := range keysOf(index, object.(*Row)) {
			if string(other) == string(key) {
				return object.(*Row)
			}
		}
	}
	return nil
}

func insert(txn *memdb.Txn, table *Table, row *Row) interface{} {
	if present := rowOf(txn, table, row); present != nil {
		return refused("UniqueViolation", "id", present)
	}
	return store(txn, table, row)
}

func update(txn *memdb.Txn, table *Table, s Statement) interface{} {
	object, err := txn.First(table.Name, "id", s.Key...)
	must(err)
	if object == nil {
		return refused("RowNotFound", "id", nil)
	}
	before := object.(*Row)
	after := patched(before, s.Patch, s.Without)
	if !reflect.DeepEqual(primaryArgs(table, before), primaryArgs(table, after)) {
		return refused("KeyChanged", "id", nil)
	}
	return store(txn, table, after)
}

// patched gives a row of its own, since memdb keeps the very objects that it was given.
func patched(row *Row, patch map[string]json.RawMessage, without []string) *Row {
	var fields map[string]json.RawMessage
	must(json.Unmarshal(encode(row), &fields))
	for name, value := range patch {
		fields[name] = value
	}
	for _, name := range without {
		delete(fields, name)
	}
	var after Row
	must(json.Unmarshal(encode(fields), &after))
	return &after
}

func remove(txn *memdb.Txn, table *Table, key []interface{}) interface{} {
	object, err := txn.First(table.Name, "id", key...)
	must(err)
	if object == nil {
		return false
	}
	must(txn.Delete(table.Name, object))
	return true
}

// removeRange deletes by DeletePrefix or DeleteAll where memdb does that as it should, else row by row.
func removeRange(txn *memdb.Txn, table *Table, index *Index, r Range) interface{} {
	rows := scan(txn, table, index, r)
	plain := table == &stock && !r.Reverse && r.Limit == nil && r.Gte == nil
	text, isText := index.Indexer.(*memdb.StringFieldIndex)
	_, isMulti := index.Indexer.(memdb.MultiIndexer)
	switch {
	case plain && isText && !text.Lowercase && len(r.StartsWith) == 1 && r.StartsWith[0] != "":
		any, err := txn.DeletePrefix(table.Name, index.Name+"_prefix", r.StartsWith[0].(string))
		must(err)
		if any != (len(rows) > 0) {
			panic("DeletePrefix found other rows than Get")
		}
	case plain && len(r.StartsWith) == 0 && (!isMulti || len(r.Prefix) > 0):
		count, err := txn.DeleteAll(table.Name, index.Name, argsOf(index, r.Prefix)...)
		must(err)
		if count != len(rows) {
			panic("DeleteAll found other rows than Get")
		}
	default:
		for _, row := range rows {
			must(txn.Delete(table.Name, row))
		}
	}
	return len(rows)
}

// A Change is a change as memoir lists it.
type Change struct {
	Table  string      `json:"table"`
	Key    interface{} `json:"key"`
	Kind   string      `json:"kind"`
	Before *Row        `json:"before,omitempty"`
	After  *Row        `json:"after,omitempty"`
}

func changeOf(table *Table, before, after *Row) Change {
	change := Change{Table: table.Name, Kind: "update", Before: before, After: after}
	if before == nil {
		change.Kind = "insert"
	}
	if after == nil {
		change.Kind = "delete"
		change.Key = table.Key(before)
	} else {
		change.Key = table.Key(after)
	}
	return change
}

// changesOf gives the changes of a transaction but for those that cancel out, which memdb lists.
func changesOf(txn *memdb.Txn) []Change {
	changes := []Change{}
	for _, change := range txn.Changes() {
		before, _ := change.Before.(*Row)
		after, _ := change.After.(*Row)
		if !reflect.DeepEqual(before, after) {
			changes = append(changes, changeOf(table(change.Table), before, after))
		}
	}
	return changes
}

// diff gives the changes between two states, in the order of the tables and then of the primary keys.
func diff(from, to *memdb.Txn) []Change {
	changes := []Change{}
	for _, table := range tables {
		primary := &table.Indexes[0]
		before, after := byKey(from, table), byKey(to, table)
		for _, row := range scan(from, table, primary, Range{}) {
			if now := after[string(keysOf(primary, row)[0])]; !reflect.DeepEqual(row, now) {
				changes = append(changes, changeOf(table, row, now))
			}
		}
		for _, row := range scan(to, table, primary, Range{}) {
			if before[string(keysOf(primary, row)[0])] == nil {
				changes = append(changes, changeOf(table, nil, row))
			}
		}
	}
	return changes
}

func byKey(txn *memdb.Txn, table *Table) map[string]*Row {
	rows := map[string]*Row{}
	for _, row := range scan(txn, table, &table.Indexes[0], Range{}) {
		rows[string(keysOf(&table.Indexes[0], row)[0])] = row
	}
	return rows
}

// dump gives the primary keys of all rows in the order of each index.
func dump(txn *memdb.Txn) []string {
	lines := []string{}
	for _, table := range tables {
		for i := range table.Indexes {
			index := &table.Indexes[i]
			if index.Unordered {
				continue
			}
			line := table.Name + "." + index.Name
			for _, row := range scan(txn, table, index, Range{}) {
				line += " " + row.Group + "/" + row.ID
			}
			lines = append(lines, line)
		}
	}
	return lines
}
