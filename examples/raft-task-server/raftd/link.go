package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"sync"
)

// Kinds of frames. Requests go one way or the other; whoever is asked answers under the id of the request.
const (
	kindApply    = 1 // raftd asks: entries to apply, an answer for each
	kindSnapshot = 2 // raftd asks: capture the state, its handle is the answer
	kindPersist  = 3 // raftd asks: the bytes of a handle, in chunks, then an empty answer
	kindRelease  = 4 // raftd tells: a handle is not needed any more
	kindRestore  = 5 // raftd asks: chunks of a snapshot follow, then an end; the answer comes when it is in place

	kindPropose = 16 // asks raftd: an entry for the log; its index and the machine's answer come back
	kindBarrier = 17 // asks raftd: all that was committed before is applied here
	kindVerify  = 18 // asks raftd: a majority still holds this node for the leader
	kindStatus  = 19 // asks raftd: how it stands
	kindSave    = 20 // asks raftd: a snapshot now

	kindReply = 32
	kindChunk = 33
	kindEnd   = 34
	kindError = 35
)

// What is known of a request that failed.
const (
	refused = 1 // certainly not in the log
	unknown = 2 // may be in the log, now or later
	other   = 3
)

const headerBytes = 13

type frame struct {
	kind byte
	id   uint64
	data []byte
}

// link carries frames: length of the rest (4 bytes), kind (1), id (8), and data, all big-endian.
type link struct {
	in      *bufio.Reader
	mutex   sync.Mutex
	out     *bufio.Writer
	next    uint64
	waiting map[uint64]chan frame
}

func newLink(in io.Reader, out io.Writer) *link {
	return &link{
		in:      bufio.NewReaderSize(in, 1<<16),
		out:     bufio.NewWriterSize(out, 1<<16),
		waiting: map[uint64]chan frame{},
	}
}

func (l *link) read() (frame, error) {
	var header [headerBytes]byte
	if _, err := io.ReadFull(l.in, header[:]); err != nil {
		return frame{}, err
	}
	data := make([]byte, binary.BigEndian.Uint32(header[:])-9)
	_, err := io.ReadFull(l.in, data)
	return frame{header[4], binary.BigEndian.Uint64(header[5:]), data}, err
}

func (l *link) send(kind byte, id uint64, parts ...[]byte) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	length := 9
	for _, part := range parts {
		length += len(part)
	}
	var header [headerBytes]byte
	binary.BigEndian.PutUint32(header[:], uint32(length))
	header[4] = kind
	binary.BigEndian.PutUint64(header[5:], id)
	l.out.Write(header[:])
	for _, part := range parts {
		l.out.Write(part)
	}
	if err := l.out.Flush(); err != nil {
		end(err)
	}
}

// ask sends a request and gives the channel of what comes back, and its id.
func (l *link) ask(kind byte, parts ...[]byte) (uint64, chan frame) {
	answers := make(chan frame, 16)
	l.mutex.Lock()
	l.next++
	id := l.next
	l.waiting[id] = answers
	l.mutex.Unlock()
	l.send(kind, id, parts...)
	return id, answers
}

// answered hands an answer to who waits for it.
func (l *link) answered(f frame) {
	l.mutex.Lock()
	answers := l.waiting[f.id]
	l.mutex.Unlock()
	if answers != nil {
		answers <- f
	}
}

func (l *link) done(id uint64) {
	l.mutex.Lock()
	delete(l.waiting, id)
	l.mutex.Unlock()
}

func long(value uint64) []byte {
	bytes := make([]byte, 8)
	binary.BigEndian.PutUint64(bytes, value)
	return bytes
}

func short(value uint32) []byte {
	bytes := make([]byte, 4)
	binary.BigEndian.PutUint32(bytes, value)
	return bytes
}
