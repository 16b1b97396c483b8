// The same work as driver.ts, on bbolt.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

var buckets = [][]byte{[]byte("rows"), []byte("byName"), []byte("byStatus"), []byte("byPriority")}

type outcome struct {
	Figures map[string]float64 `json:"figures"`
	Count   int                `json:"count"`
	Hash    uint32             `json:"hash"`
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func open(dir string, fsync bool, writers int) *bbolt.DB {
	options := &bbolt.Options{NoSync: !fsync, FreelistType: bbolt.FreelistMapType}
	db, err := bbolt.Open(filepath.Join(dir, "data.db"), 0o644, options)
	must(err)
	// Joined when all writers wait, and not after ten milliseconds, as it would be unless told.
	db.MaxBatchSize = writers
	must(db.Update(func(tx *bbolt.Tx) error {
		for _, name := range buckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	}))
	return db
}

func insert(tx *bbolt.Tx, r *row) error {
	value, err := json.Marshal(r)
	if err != nil {
		return err
	}
	id := []byte(r.ID)
	name := append(append([]byte(r.Namespace), 0), r.Name...)
	status := append(append([]byte(r.Status), 0), id...)
	priority := append(binary.BigEndian.AppendUint32(nil, uint32(r.Priority)), id...)
	rows, byName := tx.Bucket(buckets[0]), tx.Bucket(buckets[1])
	if rows.Get(id) != nil || byName.Get(name) != nil {
		return fmt.Errorf("%s is there", r.ID)
	}
	if err := rows.Put(id, value); err != nil {
		return err
	}
	if err := byName.Put(name, id); err != nil {
		return err
	}
	if err := tx.Bucket(buckets[2]).Put(status, nil); err != nil {
		return err
	}
	return tx.Bucket(buckets[3]).Put(priority, nil)
}

// Commits rows one by one from so many goroutines, until there are none or time is up; returns how many, and how long.
func commit(db *bbolt.DB, rows []row, writers int, limit time.Duration) (int, time.Duration) {
	var next int64
	var group sync.WaitGroup
	begin := time.Now()
	write := db.Update
	if writers > 1 {
		write = db.Batch
	}
	for range make([]struct{}, writers) {
		group.Add(1)
		go func() {
			defer group.Done()
			for time.Since(begin) < limit {
				i := atomic.AddInt64(&next, 1) - 1
				if i >= int64(len(rows)) {
					return
				}
				must(write(func(tx *bbolt.Tx) error { return insert(tx, &rows[i]) }))
			}
		}()
	}
	group.Wait()
	took := time.Since(begin)
	if next > int64(len(rows)) {
		next = int64(len(rows))
	}
	return int(next), took
}

func scan(db *bbolt.DB, each func(*row)) {
	must(db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(buckets[0]).ForEach(func(_, value []byte) error {
			var r row
			if err := json.Unmarshal(value, &r); err != nil {
				return err
			}
			each(&r)
			return nil
		})
	}))
}

// Opens the store anew, and says what it has.
func reopened(dir string, figures map[string]float64) outcome {
	db := open(dir, true, 1)
	result := outcome{Figures: figures}
	scan(db, func(r *row) {
		var text bytes.Buffer
		must(json.NewEncoder(&text).Encode(r))
		result.Count++
		result.Hash += fnv(text.Bytes()[:text.Len()-1])
	})
	must(db.Close())
	return result
}

func rowsOf(count int) []row {
	rows := make([]row, count)
	for i := range rows {
		rows[i] = rowOf(i)
	}
	return rows
}

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }

func main() {
	part := flag.String("part", "", "")
	dir := flag.String("dir", "", "")
	copyTo := flag.String("copy", "", "")
	fsync := flag.String("fsync", "always", "")
	writers := flag.Int("writers", 1, "")
	seconds := flag.Float64("seconds", 1, "")
	count := flag.Int("rows", 0, "")
	flag.Parse()
	var result outcome
	switch *part {
	case "commits", "fill":
		limit := time.Duration(*seconds * 1e9)
		db := open(*dir, *fsync == "always", *writers)
		done, took := commit(db, rowsOf(*count), *writers, limit)
		must(db.Close())
		result = reopened(*dir, map[string]float64{"commits": float64(done), "ns": float64(took) / float64(done)})
	case "open":
		begin := time.Now()
		db := open(*dir, true, 1)
		opened := time.Since(begin)
		hash := int32(0)
		scan(db, func(r *row) { hash = hash*31 + int32(r.Priority) })
		took := time.Since(begin)
		must(db.Close())
		result = reopened(*dir, map[string]float64{"ms": milliseconds(took), "open": milliseconds(opened)})
	case "snapshot":
		db := open(*dir, true, 1)
		path := filepath.Join(*copyTo, "data.db")
		begin := time.Now()
		must(db.View(func(tx *bbolt.Tx) error { return tx.CopyFile(path, 0o644) }))
		file, err := os.Open(path)
		must(err)
		must(file.Sync())
		took := time.Since(begin)
		about, err := file.Stat()
		must(err)
		must(file.Close())
		must(db.Close())
		bytes := float64(about.Size()) / float64(*count)
		result = reopened(*copyTo, map[string]float64{"ms": milliseconds(took), "bytes": bytes})
	default:
		log.Fatalf("there is no part %q", *part)
	}
	must(json.NewEncoder(os.Stdout).Encode(result))
}
