package main

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/hashicorp/raft"
)

// machine is the state machine as Raft sees it: the process at the other end of the link.
type machine struct{ link *link }

func (m *machine) Apply(entry *raft.Log) interface{} { return m.ApplyBatch([]*raft.Log{entry})[0] }

// ApplyBatch gives as many answers as there are entries; those that hold no command have none.
func (m *machine) ApplyBatch(entries []*raft.Log) []interface{} {
	answers := make([]interface{}, len(entries))
	var places []int
	var data []byte
	for i, entry := range entries {
		if entry.Type != raft.LogCommand {
			continue
		}
		places = append(places, i)
		for _, part := range [][]byte{long(entry.Index), long(entry.Term), short(uint32(len(entry.Data))), entry.Data} {
			data = append(data, part...)
		}
	}
	if len(places) == 0 {
		return answers
	}
	id, replies := m.link.ask(kindApply, short(uint32(len(places))), data)
	defer m.link.done(id)
	reply := <-replies
	if reply.kind != kindReply {
		// It has halted: to go on without it would be to lose entries.
		end(errors.New(string(reply.data)))
	}
	rest := reply.data[4:]
	for _, place := range places {
		length := binary.BigEndian.Uint32(rest)
		answers[place] = rest[4 : 4+length]
		rest = rest[4+length:]
	}
	return answers
}

func (m *machine) Snapshot() (raft.FSMSnapshot, error) {
	id, replies := m.link.ask(kindSnapshot)
	defer m.link.done(id)
	reply := <-replies
	if reply.kind != kindReply {
		return nil, errors.New(string(reply.data))
	}
	return &snapshot{m.link, reply.data}, nil
}

func (m *machine) Restore(source io.ReadCloser) error {
	defer source.Close()
	id, replies := m.link.ask(kindRestore)
	defer m.link.done(id)
	for chunk := make([]byte, 1<<18); ; {
		n, err := source.Read(chunk)
		if n > 0 {
			m.link.send(kindChunk, id, chunk[:n])
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	m.link.send(kindEnd, id)
	if reply := <-replies; reply.kind != kindReply {
		return errors.New(string(reply.data))
	}
	return nil
}

// snapshot is a state that the other side has captured, by its handle.
type snapshot struct {
	link   *link
	handle []byte
}

// Persist runs while later entries are applied.
func (s *snapshot) Persist(sink raft.SnapshotSink) error {
	id, replies := s.link.ask(kindPersist, s.handle)
	defer s.link.done(id)
	for reply := range replies {
		switch reply.kind {
		case kindChunk:
			if _, err := sink.Write(reply.data); err != nil {
				sink.Cancel()
				return err
			}
		case kindReply:
			return sink.Close()
		default:
			sink.Cancel()
			return errors.New(string(reply.data))
		}
	}
	return nil
}

func (s *snapshot) Release() { s.link.send(kindRelease, 0, s.handle) }
