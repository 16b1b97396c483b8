package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strings"

	memdb "github.com/hashicorp/go-memdb"
)

// Indexers whose keys stand, byte by byte, in the order of the values: null, then booleans, numbers, strings. Each part
// ends where it says so itself, so a key that begins with the parts of another begins with its bytes, and only then.

const (
	tagNull   = 1
	tagBool   = 2
	tagNumber = 3
	tagString = 4
)

func appendPart(key []byte, part interface{}) []byte {
	switch part := part.(type) {
	case nil:
		return append(key, tagNull)
	case bool:
		if part {
			return append(key, tagBool, 1)
		}
		return append(key, tagBool, 0)
	case int:
		return appendPart(key, float64(part))
	case float64:
		bits := math.Float64bits(part)
		if bits>>63 == 1 {
			bits = ^bits
		} else {
			bits |= 1 << 63
		}
		var bytes [8]byte
		binary.BigEndian.PutUint64(bytes[:], bits)
		return append(append(key, tagNumber), bytes[:]...)
	case string:
		return append(appendCut(key, part), 0, 1)
	}
	panic(fmt.Sprintf("no part of a key: %#v", part))
}

// appendCut appends a string without its end.
func appendCut(key []byte, part string) []byte {
	return append(append(key, tagString), strings.ReplaceAll(part, "\x00", "\x00\xff")...)
}

func keyOf(parts []interface{}) []byte {
	key := []byte{}
	for _, part := range parts {
		key = appendPart(key, part)
	}
	return key
}

// A part takes a value from a row; false where it is missing.
type part func(row *Row) (interface{}, bool)

// field gives a field that is always there; a nil pointer is null.
func field(name string) part {
	return func(row *Row) (interface{}, bool) {
		value := reflect.ValueOf(row).Elem().FieldByName(name)
		if value.Kind() != reflect.Ptr {
			return value.Interface(), true
		}
		if value.IsNil() {
			return nil, true
		}
		return value.Elem().Interface(), true
	}
}

// optional gives a field that is missing where its pointer is nil.
func optional(name string) part {
	get := field(name)
	return func(row *Row) (interface{}, bool) {
		value, _ := get(row)
		return value, value != nil
	}
}

// tuple is an index by several parts of a row, one key a row.
type tuple struct {
	parts []part
	where func(*Row) bool
	lower bool
	raw   bool // the last part, a string, has no end: what LongestPrefix needs
}

func one(parts ...part) tuple   { return tuple{parts: parts} }
func lower(parts ...part) tuple { return tuple{parts: parts, lower: true} }
func raw(parts ...part) tuple   { return tuple{parts: parts, raw: true} }
func when(where func(*Row) bool, index tuple) tuple {
	index.where = where
	return index
}

func (t tuple) FromObject(object interface{}) (bool, []byte, error) {
	row := object.(*Row)
	if t.where != nil && !t.where(row) {
		return false, nil, nil
	}
	parts := []interface{}{}
	for _, part := range t.parts {
		value, ok := part(row)
		if !ok {
			return false, nil, nil
		}
		parts = append(parts, value)
	}
	key, err := t.FromArgs(parts...)
	return true, key, err
}

// FromArgs takes the leading parts of a key, or all.
func (t tuple) FromArgs(args ...interface{}) ([]byte, error) {
	if t.raw && len(args) == len(t.parts) {
		return t.PrefixFromArgs(args...)
	}
	return keyOf(folded(args, t.lower)), nil
}

// PrefixFromArgs takes leading parts of which the last is the beginning of a string.
func (t tuple) PrefixFromArgs(args ...interface{}) ([]byte, error) {
	return cutKeyOf(folded(args, t.lower)), nil
}

func cutKeyOf(parts []interface{}) []byte {
	last := len(parts) - 1
	return appendCut(keyOf(parts[:last]), parts[last].(string))
}

func folded(args []interface{}, lower bool) []interface{} {
	parts := make([]interface{}, len(args))
	for i, arg := range args {
		if text, ok := arg.(string); ok && lower {
			parts[i] = strings.ToLower(text)
		} else {
			parts[i] = arg
		}
	}
	return parts
}

// many is an index with several keys a row.
type many struct {
	keys  func(*Row) [][]interface{}
	lower bool
}

func each(keys func(*Row) [][]interface{}, lower bool) many { return many{keys, lower} }

func (m many) FromObject(object interface{}) (bool, [][]byte, error) {
	keys := [][]byte{}
	for _, parts := range m.keys(object.(*Row)) {
		keys = append(keys, keyOf(folded(parts, m.lower)))
	}
	return len(keys) > 0, keys, nil
}

func (m many) FromArgs(args ...interface{}) ([]byte, error) { return keyOf(folded(args, m.lower)), nil }

func (m many) PrefixFromArgs(args ...interface{}) ([]byte, error) {
	return cutKeyOf(folded(args, m.lower)), nil
}

func elements(name string) func(*Row) [][]interface{} {
	return func(row *Row) (keys [][]interface{}) {
		for _, element := range reflect.ValueOf(row).Elem().FieldByName(name).Interface().([]string) {
			keys = append(keys, []interface{}{element})
		}
		return keys
	}
}

func entries(name string) func(*Row) [][]interface{} {
	return func(row *Row) (keys [][]interface{}) {
		for name, value := range reflect.ValueOf(row).Elem().FieldByName(name).Interface().(map[string]string) {
			keys = append(keys, []interface{}{name, value})
		}
		return keys
	}
}

func names(name string) func(*Row) [][]interface{} {
	return func(row *Row) (keys [][]interface{}) {
		for _, parts := range entries(name)(row) {
			keys = append(keys, parts[:1])
		}
		return keys
	}
}

// keysOf gives a row's keys in an index, in order, as Insert would store them but for the primary key.
func keysOf(index *Index, row *Row) (keys [][]byte) {
	var ok bool
	var err error
	switch indexer := index.Indexer.(type) {
	case memdb.SingleIndexer:
		var key []byte
		ok, key, err = indexer.FromObject(row)
		keys = [][]byte{key}
	case memdb.MultiIndexer:
		ok, keys, err = indexer.FromObject(row)
	}
	must(err)
	if !ok {
		return nil
	}
	sort.Slice(keys, func(i, j int) bool { return string(keys[i]) < string(keys[j]) })
	return keys
}
