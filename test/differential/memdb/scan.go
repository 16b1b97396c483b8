package main

import (
	"bytes"

	memdb "github.com/hashicorp/go-memdb"
)

// A Range is memoir's Range.
type Range struct {
	Prefix     []interface{} `json:"prefix"`
	StartsWith []interface{} `json:"startsWith"`
	Gt         []interface{} `json:"gt"`
	Gte        []interface{} `json:"gte"`
	Lt         []interface{} `json:"lt"`
	Lte        []interface{} `json:"lte"`
	Reverse    bool          `json:"reverse"`
	Limit      *int          `json:"limit"`
}

// argsOf gives the parts of a key as the index wants them: the stock index of integers takes no float64.
func argsOf(index *Index, parts []interface{}) []interface{} {
	if _, ok := index.Indexer.(*memdb.IntFieldIndex); ok && len(parts) > 0 {
		return []interface{}{int(parts[0].(float64))}
	}
	return parts
}

func from(index *Index, parts []interface{}) []byte {
	key, err := index.Indexer.FromArgs(argsOf(index, parts)...)
	must(err)
	return key
}

// scan gives the rows of a range, each once. memdb seeks to the beginning as it can: by LowerBound, by a prefix index,
// or by an exact key. What is left of the range is filtered by the keys of the entries that it gives.
func scan(txn *memdb.Txn, table *Table, index *Index, r Range) []*Row {
	seen := map[*Row]bool{}
	rows := []*Row{}
	found := seek(txn, table, index, r)
	for i := range found {
		row := found[i]
		if r.Reverse {
			row = found[len(found)-1-i]
		}
		if r.Limit != nil && len(rows) == *r.Limit {
			break
		}
		if !seen[row] {
			seen[row] = true
			rows = append(rows, row)
		}
	}
	return rows
}

// seek gives the row of every entry in a range, in order.
func seek(txn *memdb.Txn, table *Table, index *Index, r Range) []*Row {
	var iter memdb.ResultIterator
	var err error
	var within func(key []byte) bool
	low := r.Gte
	if low == nil {
		low = r.Gt
	}
	switch {
	case len(low) > 0:
		bound := from(index, low)
		iter, err = txn.LowerBound(table.Name, index.Name, argsOf(index, low)...)
		within = func(key []byte) bool { return bytes.Compare(key, bound) >= 0 }
	case len(r.StartsWith) > 0:
		prefix, fault := index.Indexer.(memdb.PrefixIndexer).PrefixFromArgs(r.StartsWith...)
		must(fault)
		iter, err = txn.Get(table.Name, index.Name+"_prefix", r.StartsWith...)
		within = func(key []byte) bool { return bytes.HasPrefix(key, prefix) }
	case len(r.Prefix) > 0:
		prefix := from(index, r.Prefix)
		iter, err = txn.Get(table.Name, index.Name, argsOf(index, r.Prefix)...)
		within = func(key []byte) bool { return bytes.HasPrefix(key, prefix) }
	default:
		iter, err = txn.Get(table.Name, index.Name)
		within = func([]byte) bool { return true }
	}
	must(err)
	if table != &own || index.Native {
		return drain(iter)
	}
	return filtered(iter, table, index, within, r)
}

func drain(iter memdb.ResultIterator) []*Row {
	rows := []*Row{}
	for object := iter.Next(); object != nil; object = iter.Next() {
		rows = append(rows, object.(*Row))
	}
	return rows
}

// filtered gives the rows of those entries that are in a range. An iterator does not tell its keys. But it gives every
// entry that is within what was sought, in order: an entry's key is its row's first one within, after the last.
func filtered(iter memdb.ResultIterator, table *Table, index *Index, within func([]byte) bool, r Range) []*Row {
	inRange := bounds(index, r)
	rows := []*Row{}
	var last []byte
	for object := iter.Next(); object != nil; object = iter.Next() {
		row := object.(*Row)
		var next []byte
		for _, key := range keysOf(index, row) {
			whole := key
			if !index.Unique {
				whole = append(append([]byte{}, key...), keysOf(&table.Indexes[0], row)[0]...)
			}
			if within(key) && (last == nil || bytes.Compare(whole, last) > 0) {
				if next == nil {
					next = whole
					if inRange(key) {
						rows = append(rows, row)
					}
				}
			}
		}
		if next == nil {
			panic("an entry that is not in its row")
		}
		last = next
	}
	return rows
}

// bounds tells whether a key is in a range. A bound that is shorter than the key stands for all that begin with it.
func bounds(index *Index, r Range) func([]byte) bool {
	checks := []func([]byte) bool{}
	add := func(parts []interface{}, check func(key, bound []byte) bool) {
		if parts != nil {
			bound := from(index, parts)
			checks = append(checks, func(key []byte) bool { return check(key, bound) })
		}
	}
	add(r.Prefix, bytes.HasPrefix)
	add(r.Gt, func(key, bound []byte) bool { return bytes.Compare(key, bound) > 0 && !bytes.HasPrefix(key, bound) })
	add(r.Gte, func(key, bound []byte) bool { return bytes.Compare(key, bound) >= 0 })
	add(r.Lt, func(key, bound []byte) bool { return bytes.Compare(key, bound) < 0 })
	add(r.Lte, func(key, bound []byte) bool { return bytes.Compare(key, bound) < 0 || bytes.HasPrefix(key, bound) })
	if len(r.StartsWith) > 0 {
		prefix, err := index.Indexer.(memdb.PrefixIndexer).PrefixFromArgs(r.StartsWith...)
		must(err)
		checks = append(checks, func(key []byte) bool { return bytes.HasPrefix(key, prefix) })
	}
	return func(key []byte) bool {
		for _, check := range checks {
			if !check(key) {
				return false
			}
		}
		return true
	}
}
