// raftd is a node of a Raft cluster (hashicorp/raft) whose state machine is the process that started it. They speak in
// frames over stdin and stdout; docs/raft-bridge.md lays them down. When the one ends, so does the other.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb"
)

// Snapshots kept by each node: should the newest be damaged, there is another.
const snapshotsKept = 2

type options struct {
	id, address, dir, peers string
	threshold, trailing     uint64
}

func main() {
	var o options
	flag.StringVar(&o.id, "id", "", "name of this node")
	flag.StringVar(&o.address, "address", "", "where the other nodes find it, host:port")
	flag.StringVar(&o.dir, "dir", "", "folder of its log and its snapshots")
	flag.StringVar(&o.peers, "peers", "", "all nodes, id=host:port, with commas between")
	flag.Uint64Var(&o.threshold, "threshold", 8192, "entries after which a snapshot is made")
	flag.Uint64Var(&o.trailing, "trailing", 10240, "entries that are kept behind a snapshot")
	flag.Parse()
	if err := run(o); err != nil {
		end(err)
	}
}

func run(o options) error {
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	said, err := os.OpenFile(filepath.Join(o.dir, "raft.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	l := newLink(os.Stdin, os.Stdout)
	config := raft.DefaultConfig()
	config.LocalID = raft.ServerID(o.id)
	config.SnapshotThreshold, config.TrailingLogs, config.SnapshotInterval = o.threshold, o.trailing, time.Second
	config.Logger = hclog.New(&hclog.LoggerOptions{Name: o.id, Level: hclog.Warn, Output: said})
	transport, err := raft.NewTCPTransport(o.address, nil, 3, 5*time.Second, said)
	if err != nil {
		return err
	}
	log, err := raftboltdb.NewBoltStore(filepath.Join(o.dir, "raft.db"))
	if err != nil {
		return err
	}
	snapshots, err := raft.NewFileSnapshotStore(o.dir, snapshotsKept, said)
	if err != nil {
		return err
	}
	// Frames are read before the node is made: to make it may restore a snapshot, which the other side answers.
	ready := make(chan *raft.Raft, 1)
	go serve(l, ready)
	if err := bootstrap(config, log, snapshots, transport, o.peers); err != nil {
		return err
	}
	node, err := raft.NewRaft(config, &machine{l}, log, log, snapshots, transport)
	if err != nil {
		return err
	}
	ready <- node
	select {}
}

// bootstrap tells a node that has nothing yet who the others are.
func bootstrap(config *raft.Config, log *raftboltdb.BoltStore, snapshots raft.SnapshotStore, transport raft.Transport,
	peers string) error {
	has, err := raft.HasExistingState(log, log, snapshots)
	if err != nil || has {
		return err
	}
	var all raft.Configuration
	for _, peer := range strings.Split(peers, ",") {
		parts := strings.SplitN(peer, "=", 2)
		if len(parts) != 2 {
			return fmt.Errorf("%q is no peer: give id=host:port", peer)
		}
		server := raft.Server{ID: raft.ServerID(parts[0]), Address: raft.ServerAddress(parts[1])}
		all.Servers = append(all.Servers, server)
	}
	return raft.BootstrapCluster(config, log, log, snapshots, transport, all)
}

func end(err error) {
	fmt.Fprintln(os.Stderr, "raftd:", err)
	os.Exit(3)
}
