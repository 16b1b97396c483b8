//go:build msgpack

package main

import (
	"bytes"

	"github.com/hashicorp/go-msgpack/codec"
)

// What programs that keep a go-memdb under Raft write their snapshots with.
func init() {
	handle := &codec.MsgpackHandle{}
	msgpack = &Format{
		encoder: func(buffer *bytes.Buffer) func(*Row) error {
			encoder := codec.NewEncoder(buffer, handle)
			return func(row *Row) error { return encoder.Encode(row) }
		},
		decoder: func(reader *bytes.Reader) func(*Row) error {
			decoder := codec.NewDecoder(reader, handle)
			return func(row *Row) error { return decoder.Decode(row) }
		},
	}
}
