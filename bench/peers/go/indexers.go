package main

import memdb "github.com/hashicorp/go-memdb"

// Indexers by hand: go-memdb at its best, with no reflection and one allocation a key.

type idIndexer struct{}

func key(parts ...string) []byte {
	size := 0
	for _, part := range parts {
		size += len(part) + 1
	}
	out := make([]byte, 0, size)
	for _, part := range parts {
		out = append(out, part...)
		out = append(out, 0)
	}
	return out
}

func (idIndexer) FromObject(object interface{}) (bool, []byte, error) {
	return true, key(object.(*Row).ID), nil
}

func (idIndexer) FromArgs(args ...interface{}) ([]byte, error) { return key(args[0].(string)), nil }

type nameIndexer struct{}

func (nameIndexer) FromObject(object interface{}) (bool, []byte, error) {
	row := object.(*Row)
	return true, key(row.Namespace, row.Name), nil
}

func (nameIndexer) FromArgs(args ...interface{}) ([]byte, error) {
	return key(args[0].(string), args[1].(string)), nil
}

func (nameIndexer) PrefixFromArgs(args ...interface{}) ([]byte, error) {
	return key(args[0].(string)), nil
}

// Keys of indexes that are not unique have room for the id, which go-memdb appends.
const roomForID = 25

type statusIndexer struct{}

func (statusIndexer) FromObject(object interface{}) (bool, []byte, error) {
	status := object.(*Row).Status
	out := make([]byte, 0, len(status)+1+roomForID)
	out = append(out, status...)
	return true, append(out, 0), nil
}

func (statusIndexer) FromArgs(args ...interface{}) ([]byte, error) { return key(args[0].(string)), nil }

// Big-endian, and so in order; go-memdb's own IntFieldIndex is not, so both variants use this one.
type priorityIndexer struct{}

func bigEndian(value int, room int) []byte {
	out := make([]byte, 4, 4+room)
	out[0], out[1], out[2], out[3] = byte(value>>24), byte(value>>16), byte(value>>8), byte(value)
	return out
}

func (priorityIndexer) FromObject(object interface{}) (bool, []byte, error) {
	return true, bigEndian(object.(*Row).Priority, roomForID), nil
}

func (priorityIndexer) FromArgs(args ...interface{}) ([]byte, error) {
	return bigEndian(args[0].(int), 0), nil
}

func schema(std bool) *memdb.DBSchema {
	indexes := map[string]*memdb.IndexSchema{
		"id":       {Name: "id", Unique: true, Indexer: idIndexer{}},
		"name":     {Name: "name", Unique: true, Indexer: nameIndexer{}},
		"status":   {Name: "status", Indexer: statusIndexer{}},
		"priority": {Name: "priority", Indexer: priorityIndexer{}},
	}
	if std {
		field := func(name string) memdb.Indexer { return &memdb.StringFieldIndex{Field: name} }
		indexes["id"].Indexer = field("ID")
		indexes["name"].Indexer = &memdb.CompoundIndex{Indexes: []memdb.Indexer{field("Namespace"), field("Name")}}
		indexes["status"].Indexer = field("Status")
	}
	return &memdb.DBSchema{Tables: map[string]*memdb.TableSchema{"tasks": {Name: "tasks", Indexes: indexes}}}
}
