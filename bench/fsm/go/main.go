// A state machine as programs with hashicorp/raft have it: entries in msgpack, applied to go-memdb. It does the work of
// ../machine.ts on the same rows and indexes, and prints what it measured as one line of JSON. rows.go of bench/durable,
// indexers.go and rows.go of bench/peers, and link.go and machine.go of the example's raftd, are built with it.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	memdb "github.com/hashicorp/go-memdb"
	"github.com/hashicorp/go-msgpack/codec"
	"github.com/hashicorp/raft"
)

const (
	create = byte(0)
	move   = byte(1)

	chunk = 10000
)

type Move struct {
	ID       string `codec:"id"`
	Status   string `codec:"status"`
	Priority int    `codec:"priority"`
}

var handle = &codec.MsgpackHandle{}

func encode(kind byte, value interface{}) []byte {
	buffer := bytes.NewBuffer([]byte{kind})
	must(codec.NewEncoder(buffer, handle).Encode(value))
	return buffer.Bytes()
}

type rejection struct{ code, message string }

func (r *rejection) Error() string { return r.code + ": " + r.message }

type FSM struct{ db *memdb.MemDB }

func newFSM() *FSM {
	db, err := memdb.NewMemDB(schema(false))
	must(err)
	return &FSM{db}
}

func (f *FSM) Apply(log *raft.Log) interface{} {
	txn := f.db.Txn(true)
	answer := apply(txn, log)
	if _, failed := answer.(error); failed {
		txn.Abort()
		return answer
	}
	txn.Commit()
	return answer
}

// One transaction for all: commands refuse before they write.
func (f *FSM) ApplyBatch(logs []*raft.Log) []interface{} {
	txn := f.db.Txn(true)
	answers := make([]interface{}, len(logs))
	for i, log := range logs {
		// Raft delivers its configurations, too.
		if log.Type == raft.LogCommand {
			answers[i] = apply(txn, log)
		}
	}
	txn.Commit()
	return answers
}

func apply(txn *memdb.Txn, log *raft.Log) interface{} {
	switch log.Data[0] {
	case create:
		row := &Row{}
		must(codec.NewDecoderBytes(log.Data[1:], handle).Decode(row))
		if found, err := txn.First("tasks", "id", row.ID); err != nil || found != nil {
			return &rejection{"UniqueViolation", row.ID}
		}
		if found, err := txn.First("tasks", "name", row.Namespace, row.Name); err != nil || found != nil {
			return &rejection{"UniqueViolation", row.Name}
		}
		must(txn.Insert("tasks", row))
		return row.ID
	case move:
		var to Move
		must(codec.NewDecoderBytes(log.Data[1:], handle).Decode(&to))
		found, err := txn.First("tasks", "id", to.ID)
		must(err)
		if found == nil {
			return &rejection{"RowNotFound", to.ID}
		}
		row := *found.(*Row)
		if row.Status == "aborted" {
			return &rejection{"Aborted", to.ID}
		}
		row.Status, row.Priority = to.Status, to.Priority
		must(txn.Insert("tasks", &row))
		return row.Priority
	}
	return errors.New("unknown command")
}

type state struct{ txn *memdb.Txn }

func (f *FSM) Snapshot() (raft.FSMSnapshot, error) { return &state{f.db.Snapshot().Txn(false)}, nil }

func (s *state) Release() {}

func (s *state) write(out io.Writer) error {
	rows, err := s.txn.Get("tasks", "id")
	if err != nil {
		return err
	}
	encoder := codec.NewEncoder(out, handle)
	for row := rows.Next(); row != nil; row = rows.Next() {
		if err := encoder.Encode(row); err != nil {
			return err
		}
	}
	return nil
}

func (s *state) Persist(sink raft.SnapshotSink) error {
	if err := s.write(sink); err != nil {
		sink.Cancel()
		return err
	}
	return sink.Close()
}

func (f *FSM) Restore(source io.ReadCloser) error {
	defer source.Close()
	fresh := newFSM()
	txn := fresh.db.Txn(true)
	decoder := codec.NewDecoder(source, handle)
	for {
		row := &Row{}
		if err := decoder.Decode(row); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		if err := txn.Insert("tasks", row); err != nil {
			return err
		}
	}
	txn.Commit()
	f.db = fresh.db
	return nil
}

var _ raft.BatchingFSM = (*FSM)(nil)

type sink struct{ bytes.Buffer }

func (s *sink) ID() string    { return "memory" }
func (s *sink) Cancel() error { return nil }
func (s *sink) Close() error  { return nil }

// The i-th move, as in ../machine.ts.
func moveOf(i, rows int) Move {
	return Move{rowOf((i * 7919) % rows).ID, statuses[i%len(statuses)], (i * 31) % 1000}
}

type bench struct {
	fsm      *FSM
	index    uint64
	rejected int
}

func (b *bench) entries(from, to int, of func(int) []byte) []*raft.Log {
	logs := make([]*raft.Log, 0, to-from)
	for i := from; i < to; i++ {
		b.index++
		logs = append(logs, &raft.Log{Index: b.index, Term: 1, Data: of(i)})
	}
	return logs
}

func datas(from, to int, of func(int) []byte) [][]byte {
	datas := make([][]byte, 0, to-from)
	for i := from; i < to; i++ {
		datas = append(datas, of(i))
	}
	return datas
}

// Nanoseconds an entry; what is applied is made, a chunk at a time, while the clock stands.
func (b *bench) run(count, group int, of func(int) []byte) float64 {
	var took time.Duration
	for from := 0; from < count; from += chunk {
		logs := b.entries(from, min(from+chunk, count), of)
		begin := time.Now()
		if group == 1 {
			for _, log := range logs {
				b.note(b.fsm.Apply(log))
			}
		} else {
			for at := 0; at < len(logs); at += group {
				for _, answer := range b.fsm.ApplyBatch(logs[at:min(at+group, len(logs))]) {
					b.note(answer)
				}
			}
		}
		took += time.Since(begin)
	}
	return float64(took.Nanoseconds()) / float64(count)
}

func (b *bench) note(answer interface{}) {
	if _, failed := answer.(error); failed {
		b.rejected++
	}
}

func (b *bench) checks() map[string]int {
	rows, err := b.fsm.db.Txn(false).Get("tasks", "id")
	must(err)
	count, sum := 0, 0
	for row := rows.Next(); row != nil; row = rows.Next() {
		count++
		sum += row.(*Row).Priority
	}
	return map[string]int{"rows": count, "sum": sum, "rejected": b.rejected}
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

func main() {
	part := flag.String("part", "raft", "apply, snapshot or raft")
	rows := flag.Int("rows", 100000, "rows")
	group := flag.Int("group", 1, "entries applied together")
	id := flag.String("id", "", "whose machine Raft drives: this one's, unless told")
	dir := flag.String("dir", "", "where the entries of another machine lie")
	for _, name := range []string{"address", "peers", "threshold", "trailing"} {
		flag.String(name, "", "what raftd is told, and is not needed here")
	}
	flag.Parse()
	if *id != "" {
		bridged(*dir)
		return
	}
	b := &bench{fsm: newFSM()}
	figures := map[string]float64{}
	creating := func(i int) []byte { row := Row(rowOf(i)); return encode(create, &row) }
	moving := func(i int) []byte { to := moveOf(i, *rows); return encode(move, &to) }
	if *part == "raft" {
		figures = inRaft(b.fsm, func(name string) [][]byte {
			switch name {
			case "create":
				return datas(0, *rows, creating)
			case "move":
				return datas(0, *rows, moving)
			}
			return datas(*rows, *rows+alone, moving)
		})
		print(figures, b.checks())
		return
	}
	figures["create"] = b.run(*rows, *group, creating)
	if *part == "apply" {
		figures["move"] = b.run(*rows, *group, moving)
		print(figures, b.checks())
		return
	}
	logs := b.entries(0, chunk, moving)
	before := b.checks()
	begin := time.Now()
	taken, err := b.fsm.Snapshot()
	must(err)
	figures["call"] = float64(time.Since(begin).Nanoseconds()) / 1e6
	out := &sink{}
	done := make(chan error)
	begin = time.Now()
	go func() { done <- taken.Persist(out) }()
	applied, over := 0, false
	for !over {
		select {
		case err := <-done:
			must(err)
			over = true
		default:
			b.note(b.fsm.Apply(logs[applied%chunk]))
			applied++
		}
	}
	figures["persist"] = float64(time.Since(begin).Nanoseconds()) / 1e6
	figures["applied"] = float64(applied)
	figures["bytes"] = float64(out.Len()) / float64(*rows)
	restored := &bench{fsm: newFSM()}
	source := io.NopCloser(bytes.NewReader(out.Bytes()))
	begin = time.Now()
	must(restored.fsm.Restore(source))
	figures["restore"] = float64(time.Since(begin).Nanoseconds()) / 1e6
	after := restored.checks()
	if after["rows"] != before["rows"] || after["sum"] != before["sum"] {
		panic("what was restored is not what was there")
	}
	print(figures, after)
}

func print(figures map[string]float64, checks map[string]int) {
	text, err := json.Marshal(map[string]interface{}{"figures": figures, "checks": checks})
	must(err)
	fmt.Println(string(text))
}
