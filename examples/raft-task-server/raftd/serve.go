package main

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"time"

	"github.com/hashicorp/raft"
)

const barrierWait = 5 * time.Second

// serve reads what the other side sends, and does what it asks.
func serve(l *link, ready chan *raft.Raft) {
	var node *raft.Raft
	for {
		f, err := l.read()
		if err == io.EOF {
			// The state machine has ended, and with it the node.
			os.Exit(0)
		}
		if err != nil {
			end(err)
		}
		if f.kind >= kindReply {
			l.answered(f)
			continue
		}
		if node == nil {
			select {
			case node = <-ready:
			default:
				l.send(kindError, f.id, []byte{refused}, []byte("the node is starting"))
				continue
			}
		}
		// Apart, for Raft may not take it before it has the answer to what it asked, and that is read here.
		go do(l, node, f)
	}
}

func do(l *link, node *raft.Raft, f frame) {
	switch f.kind {
	case kindPropose:
		wait := time.Duration(binary.BigEndian.Uint32(f.data)) * time.Millisecond
		future := node.Apply(f.data[4:], wait)
		if err := future.Error(); err != nil {
			fail(l, f.id, err)
			return
		}
		answer, _ := future.Response().([]byte)
		l.send(kindReply, f.id, long(future.Index()), answer)
	case kindBarrier:
		settle(l, f.id, node.Barrier(barrierWait))
	case kindVerify:
		settle(l, f.id, node.VerifyLeader())
	case kindSave:
		settle(l, f.id, node.Snapshot())
	case kindStatus:
		status, _ := json.Marshal(map[string]interface{}{
			"state": node.State().String(), "leader": string(node.Leader()), "term": node.Stats()["term"],
			"last": node.LastIndex(), "applied": node.AppliedIndex(),
		})
		l.send(kindReply, f.id, status)
	}
}

func settle(l *link, id uint64, future raft.Future) {
	if err := future.Error(); err != nil {
		fail(l, id, err)
		return
	}
	l.send(kindReply, id)
}

func fail(l *link, id uint64, err error) {
	code := byte(other)
	switch err {
	case raft.ErrNotLeader, raft.ErrEnqueueTimeout, raft.ErrRaftShutdown:
		code = refused
	case raft.ErrLeadershipLost, raft.ErrAbortedByRestore:
		// The next leader may commit it yet.
		code = unknown
	case raft.ErrNothingNewToSnapshot:
		l.send(kindReply, id)
		return
	}
	l.send(kindError, id, []byte{code}, []byte(err.Error()))
}
