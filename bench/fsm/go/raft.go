package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

const (
	// So many proposers wait for an answer each, as a server's requests do.
	proposers = 256
	// So many moves come one after the other, each once the one before is answered.
	alone = 1000
)

// inRaft measures a machine behind hashicorp/raft: one node that leads, with log, snapshots and network in memory, for
// they are the same for every machine. Entries are proposed by many at once, then by one, then while a snapshot is made,
// which is restored.
func inRaft(fsm raft.FSM, entries func(name string) [][]byte) map[string]float64 {
	config := raft.DefaultConfig()
	config.LocalID = "node"
	config.LogOutput = io.Discard
	config.SnapshotInterval, config.SnapshotThreshold = 24*time.Hour, 1<<40
	store, snapshots := raft.NewInmemStore(), raft.NewInmemSnapshotStore()
	address, transport := raft.NewInmemTransport("")
	servers := raft.Configuration{Servers: []raft.Server{{ID: config.LocalID, Address: address}}}
	must(raft.BootstrapCluster(config, store, store, snapshots, transport, servers))
	node, err := raft.NewRaft(config, fsm, store, store, snapshots, transport)
	must(err)
	for node.State() != raft.Leader {
		time.Sleep(10 * time.Millisecond)
	}
	figures := map[string]float64{}
	for _, name := range []string{"create", "move"} {
		figures[name] = together(node, entries(name))
	}
	moves := entries("alone")
	begin := time.Now()
	for _, move := range moves {
		must(node.Apply(move, 0).Error())
	}
	figures["alone"] = float64(time.Since(begin).Nanoseconds()) / float64(len(moves))

	done := make(chan error)
	begin = time.Now()
	go func() { done <- node.Snapshot().Error() }()
	waits := beside(node, moves, done)
	figures["snapshot"] = milliseconds(time.Since(begin))
	sort.Slice(waits, func(i, j int) bool { return waits[i] < waits[j] })
	figures["p99"], figures["longest"] = milliseconds(waits[len(waits)*99/100]), milliseconds(waits[len(waits)-1])

	// The same moves again have changed nothing: what is restored is what was there.
	taken, err := snapshots.List()
	must(err)
	meta, source, err := snapshots.Open(taken[0].ID)
	must(err)
	begin = time.Now()
	must(node.Restore(meta, source, time.Hour))
	figures["restore"] = milliseconds(time.Since(begin))
	return figures
}

// Nanoseconds an entry.
func together(node *raft.Raft, entries [][]byte) float64 {
	var proposing sync.WaitGroup
	left := make(chan []byte, proposers)
	begin := time.Now()
	for i := 0; i < proposers; i++ {
		proposing.Add(1)
		go func() {
			defer proposing.Done()
			for entry := range left {
				must(node.Apply(entry, 0).Error())
			}
		}()
	}
	for _, entry := range entries {
		left <- entry
	}
	close(left)
	proposing.Wait()
	return float64(time.Since(begin).Nanoseconds()) / float64(len(entries))
}

// How long each entry waits for its answer, until something is done.
func beside(node *raft.Raft, entries [][]byte, done chan error) []time.Duration {
	var waits []time.Duration
	for i := 0; ; i++ {
		begin := time.Now()
		must(node.Apply(entries[i%len(entries)], 0).Error())
		waits = append(waits, time.Since(begin))
		select {
		case err := <-done:
			must(err)
			return waits
		default:
		}
	}
}

func milliseconds(took time.Duration) float64 { return float64(took.Nanoseconds()) / 1e6 }

// bridged measures the machine of the process that started this one, as raftd has it, whose code this is built with.
// Entries lie in files of a folder, each behind its length; what is measured is written there.
func bridged(dir string) {
	l := newLink(os.Stdin, os.Stdout)
	go func() {
		for {
			f, err := l.read()
			if err != nil {
				end(err)
			}
			l.answered(f)
		}
	}()
	figures := inRaft(&machine{l}, func(name string) [][]byte {
		rest, err := os.ReadFile(filepath.Join(dir, name))
		must(err)
		var entries [][]byte
		for len(rest) > 0 {
			length := 4 + binary.BigEndian.Uint32(rest)
			entries = append(entries, rest[4:length])
			rest = rest[length:]
		}
		return entries
	})
	text, err := json.Marshal(figures)
	must(err)
	must(os.WriteFile(filepath.Join(dir, "figures.json"), text, 0o644))
}

func end(err error) {
	fmt.Fprintln(os.Stderr, "raft:", err)
	os.Exit(3)
}
