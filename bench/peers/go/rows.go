package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
)

type Row struct {
	ID        string   `json:"id" codec:"id"`
	Namespace string   `json:"namespace" codec:"namespace"`
	Name      string   `json:"name" codec:"name"`
	Status    string   `json:"status" codec:"status"`
	Priority  int      `json:"priority" codec:"priority"`
	CreatedAt int64    `json:"createdAt" codec:"createdAt"`
	Tags      []string `json:"tags" codec:"tags"`
}

// Format writes and reads rows; the one for msgpack is there when its package is.
type Format struct {
	encoder func(*bytes.Buffer) func(*Row) error
	decoder func(*bytes.Reader) func(*Row) error
}

var msgpack *Format

var asJSON = Format{
	encoder: func(buffer *bytes.Buffer) func(*Row) error {
		encoder := json.NewEncoder(buffer)
		return func(row *Row) error { return encoder.Encode(row) }
	},
	decoder: func(reader *bytes.Reader) func(*Row) error {
		decoder := json.NewDecoder(reader)
		return func(row *Row) error { return decoder.Decode(row) }
	},
}

// Strings that many rows share are one string, as they are in the other peers.
func readRows(path string, count int) []*Row {
	file, err := os.Open(path)
	must(err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 1<<20), 1<<20)
	known := map[string]string{}
	shared := func(text string) string {
		if found, ok := known[text]; ok {
			return found
		}
		known[text] = text
		return text
	}
	rows := make([]*Row, 0, count)
	for len(rows) < count && lines.Scan() {
		row := &Row{}
		must(json.Unmarshal(lines.Bytes(), row))
		row.Namespace, row.Status = shared(row.Namespace), shared(row.Status)
		for i := range row.Tags {
			row.Tags[i] = shared(row.Tags[i])
		}
		rows = append(rows, row)
	}
	return rows
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
