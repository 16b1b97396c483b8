// The workloads of ../workload.ts on go-memdb, with the same rows, the same chance and the same order; prints what it
// measured as one line of JSON. Rows are pointers, made before anything is measured, so the store's bytes are its own.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"runtime"
	"strings"
	"time"

	memdb "github.com/hashicorp/go-memdb"
)

var statuses = []string{"pending", "running", "blocked", "success", "failed", "aborted"}

var workloads = []string{
	"W1", "W5hit", "W5miss", "W6", "W7", "W8", "W9", "W9s", "W2", "W3", "W4a", "W4b",
	"W11ref", "W11", "W11read", "W10a", "W10b", "W12", "W12restore", "W12json", "W12jsonRestore",
}

const (
	lookups          = 200000
	ranges           = 10000
	firstRanges      = 300
	held             = 1000
	updatesWhileHeld = 10000
)

func randomFrom(state uint32) func() uint32 {
	return func() uint32 {
		state += 0x6D2B79F5
		mixed := (state ^ (state >> 15)) * (1 | state)
		mixed = (mixed + (mixed^(mixed>>7))*(61|mixed)) ^ mixed
		return mixed ^ (mixed >> 14)
	}
}

type Measured struct {
	NS     map[string]float64 `json:"ns"`
	Checks map[string]int64   `json:"checks"`
	Bytes  map[string]float64 `json:"bytes"`
}

type Update struct {
	id, status string
	priority   int
}

type Run struct {
	db         *memdb.MemDB
	std        bool
	base, more []*Row
	writes     int
	only       map[string]bool
	random     func() uint32
	measured   Measured
}

func (r *Run) wants(name string) bool { return len(r.only) == 0 || r.only[name] }

func (r *Run) time(name string, operations int, body func()) {
	runtime.GC()
	begin := time.Now()
	body()
	took := float64(time.Since(begin).Nanoseconds())
	if r.wants(name) {
		r.measured.NS[name] = took / float64(operations)
	}
}

func (r *Run) timeReads(name string, operations int, body func() int64) {
	if r.wants(name) {
		r.time(name, operations, func() { r.measured.Checks[name] = body() })
	}
}

func (r *Run) someRow() *Row { return r.base[r.random()%uint32(len(r.base))] }

func (r *Run) insert(rows []*Row) {
	tx := r.db.Txn(true)
	for _, row := range rows {
		must(tx.Insert("tasks", row))
	}
	tx.Commit()
}

func (r *Run) update(updates []Update) {
	tx := r.db.Txn(true)
	for _, update := range updates {
		before, err := tx.First("tasks", "id", update.id)
		must(err)
		row := *(before.(*Row))
		row.Status, row.Priority = update.status, update.priority
		must(tx.Insert("tasks", &row))
	}
	tx.Commit()
}

func (r *Run) delete(rows []*Row) {
	tx := r.db.Txn(true)
	for _, row := range rows {
		before, err := tx.First("tasks", "id", row.ID)
		must(err)
		must(tx.Delete("tasks", before))
	}
	tx.Commit()
}

func (r *Run) load() {
	before := heap()
	r.time("W1", len(r.base), func() { r.insert(r.base) })
	if r.wants("W1") {
		r.measured.Bytes["row"] = (heap() - before) / float64(len(r.base))
	}
}

func (r *Run) lookUp() {
	hits, misses, names := make([]string, lookups), make([]string, lookups), make([][2]string, lookups)
	for i := range hits {
		hits[i] = r.someRow().ID
	}
	for i := range misses {
		misses[i] = r.someRow().ID[:20] + "zzzz"
	}
	for i := range names {
		row := r.someRow()
		names[i] = [2]string{row.Namespace, row.Name}
	}
	sumOf := func(ids []string) (sum int64) {
		tx := r.db.Txn(false)
		for _, id := range ids {
			row, _ := tx.First("tasks", "id", id)
			if row != nil {
				sum += int64(row.(*Row).Priority)
			}
		}
		return sum
	}
	r.timeReads("W5hit", lookups, func() int64 { return sumOf(hits) })
	r.timeReads("W5miss", lookups, func() int64 { return sumOf(misses) })
	r.timeReads("W6", lookups, func() (sum int64) {
		tx := r.db.Txn(false)
		for _, name := range names {
			row, _ := tx.First("tasks", "name", name[0], name[1])
			if row != nil {
				sum += int64(row.(*Row).Priority)
			}
		}
		return sum
	})
}

func (r *Run) ranges() {
	lows := make([]int, ranges)
	for i := range lows {
		lows[i] = int(r.random() % 900)
	}
	r.timeReads("W7", ranges, func() (sum int64) {
		tx := r.db.Txn(false)
		for i, low := range lows {
			rows, err := tx.LowerBound("tasks", "priority", low)
			must(err)
			for left := 100; left > 0; left-- {
				row := rows.Next()
				if row == nil {
					break
				}
				sum += int64(row.(*Row).Priority)
			}
			if i == firstRanges-1 {
				r.measured.Checks["W7first"] = sum
			}
		}
		return sum
	})
}

func (r *Run) scanByID() (hash int32, count int64) {
	rows, err := r.db.Txn(false).Get("tasks", "id")
	must(err)
	for row := rows.Next(); row != nil; row = rows.Next() {
		hash = hash*31 + int32(row.(*Row).Priority)
		count++
	}
	return hash, count
}

func sum(rows memdb.ResultIterator, err error) (sum int64) {
	must(err)
	for row := rows.Next(); row != nil; row = rows.Next() {
		sum += int64(row.(*Row).Priority)
	}
	return sum
}

func (r *Run) scans() {
	times := 1
	if len(r.base) <= 100000 {
		times = 3
	}
	repeatedly := func(name string, scan func(*memdb.Txn) int64) {
		r.timeReads(name, len(r.base)*times, func() int64 {
			var all int64
			for i := 0; i < times; i++ {
				all += scan(r.db.Txn(false))
			}
			return all / int64(times)
		})
	}
	repeatedly("W8", func(*memdb.Txn) int64 { hash, _ := r.scanByID(); return int64(hash) })
	repeatedly("W9", func(tx *memdb.Txn) (all int64) {
		for i := 0; i < 50; i++ {
			args := []interface{}{fmt.Sprintf("ns-%03d", i)}
			if r.std {
				args = append(args, "") // its compound index wants all parts, and takes the last for a prefix
			}
			all += sum(tx.Get("tasks", "name_prefix", args...))
		}
		return all
	})
	repeatedly("W9s", func(tx *memdb.Txn) (all int64) {
		for _, status := range statuses {
			all += sum(tx.Get("tasks", "status", status))
		}
		return all
	})
}

// Calls write with the bounds of one group after the other.
func groups(count, size int, write func(from, to int)) {
	for from := 0; from < count; from += size {
		to := from + size
		if to > count {
			to = count
		}
		write(from, to)
	}
}

func (r *Run) someUpdates(count int) []Update {
	updates := make([]Update, count)
	for i := range updates {
		updates[i].id = r.someRow().ID
		updates[i].status = statuses[r.random()%6]
		updates[i].priority = int(r.random() % 1000)
	}
	return updates
}

func (r *Run) check(name string) {
	hash, count := r.scanByID()
	r.measured.Checks[name], r.measured.Checks[name+"Count"] = int64(hash), count
}

func (r *Run) insertAndUpdate() {
	one, hundred := r.more[:r.writes], r.more[r.writes:2*r.writes]
	inserts := func(rows []*Row) func(from, to int) { return func(from, to int) { r.insert(rows[from:to]) } }
	r.time("W2", len(one), func() { groups(len(one), 1, inserts(one)) })
	r.time("W3", len(hundred), func() { groups(len(hundred), 100, inserts(hundred)) })
	first, second := r.someUpdates(r.writes), r.someUpdates(r.writes)
	updates := func(all []Update) func(from, to int) { return func(from, to int) { r.update(all[from:to]) } }
	r.time("W4a", len(first), func() { groups(len(first), 1, updates(first)) })
	r.time("W4b", len(second), func() { groups(len(second), 100, updates(second)) })
	r.check("afterW4")
}

func (r *Run) hold() {
	before, during := r.someUpdates(updatesWhileHeld), r.someUpdates(updatesWhileHeld)
	r.time("W11ref", updatesWhileHeld, func() {
		for i := range before {
			r.update(before[i : i+1])
		}
	})
	bytes := heap()
	states := make([]*memdb.MemDB, 0, held)
	r.time("W11", updatesWhileHeld, func() {
		for i := range during {
			if i%(updatesWhileHeld/held) == 0 {
				states = append(states, r.db.Snapshot())
			}
			r.update(during[i : i+1])
		}
	})
	if r.wants("W11") {
		r.measured.Bytes["update"] = (heap() - bytes) / updatesWhileHeld
	}
	r.timeReads("W11read", held*20, func() (sum int64) {
		for i, state := range states {
			tx := state.Txn(false)
			for k := 0; k < 20; k++ {
				row, _ := tx.First("tasks", "id", during[(i*10+k)%updatesWhileHeld].id)
				sum = (sum*31 + int64(row.(*Row).Priority)) & 0xffffff
			}
		}
		return sum
	})
	runtime.KeepAlive(states)
}

func (r *Run) deletes() {
	half := r.writes / 2
	one, hundred := r.base[:half], r.base[half:2*half]
	r.time("W10a", half, func() { groups(half, 1, func(from, to int) { r.delete(one[from:to]) }) })
	r.time("W10b", half, func() { groups(half, 100, func(from, to int) { r.delete(hundred[from:to]) }) })
	r.check("final")
}

func (r *Run) serialise(write, restore string, format *Format) {
	if format == nil || !(r.wants(write) || r.wants(restore)) {
		return
	}
	var buffer bytes.Buffer
	_, count := r.scanByID()
	r.time(write, int(count), func() {
		encode := format.encoder(&buffer)
		rows, err := r.db.Txn(false).Get("tasks", "id")
		must(err)
		for row := rows.Next(); row != nil; row = rows.Next() {
			must(encode(row.(*Row)))
		}
	})
	r.measured.Bytes[write] = float64(buffer.Len()) / float64(count)
	r.time(restore, int(count), func() {
		decode := format.decoder(bytes.NewReader(buffer.Bytes()))
		db, err := memdb.NewMemDB(schema(r.std))
		must(err)
		tx := db.Txn(true)
		for i := int64(0); i < count; i++ {
			row := &Row{}
			must(decode(row))
			must(tx.Insert("tasks", row))
		}
		tx.Commit()
	})
}

func (r *Run) all() {
	parts := []struct {
		first string
		part  func()
	}{
		{"W1", r.load}, {"W5hit", r.lookUp}, {"W7", r.ranges}, {"W8", r.scans}, {"W2", r.insertAndUpdate},
		{"W11ref", r.hold}, {"W10a", r.deletes},
		{"W12", func() { r.serialise("W12", "W12restore", msgpack) }},
		{"W12json", func() { r.serialise("W12json", "W12jsonRestore", &asJSON) }},
	}
	position, last := map[string]int{}, 0
	for i, name := range workloads {
		position[name] = i
		if r.wants(name) {
			last = i
		}
	}
	for _, one := range parts {
		if position[one.first] <= last {
			one.part()
		}
	}
}

func main() {
	std := flag.Bool("std", false, "use the indexers that go-memdb has, by reflection")
	count := flag.Int("rows", 100000, "how many rows to load")
	limit := flag.Int("cap", 20000, "how many rows a workload writes at most")
	data := flag.String("data", "", "the file of rows")
	only := flag.String("only", "", "workloads, with commas between")
	flag.Parse()

	rows := readRows(*data, *count+*count/5)
	writes := *count / 10
	if *limit < writes {
		writes = *limit
	}
	wanted := map[string]bool{}
	if *only != "" {
		for _, name := range strings.Split(*only, ",") {
			wanted[name] = true
		}
	}
	db, err := memdb.NewMemDB(schema(*std))
	must(err)
	run := &Run{
		db: db, std: *std, base: rows[:*count], more: rows[*count:], writes: writes, only: wanted,
		random:   randomFrom(777),
		measured: Measured{NS: map[string]float64{}, Checks: map[string]int64{}, Bytes: map[string]float64{}},
	}
	run.all()
	out, err := json.Marshal(run.measured)
	must(err)
	fmt.Println(string(out))
	runtime.KeepAlive(rows)
}
