package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

type row struct {
	ID        string   `json:"id"`
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Status    string   `json:"status"`
	Priority  int      `json:"priority"`
	CreatedAt int64    `json:"createdAt"`
	Tags      []string `json:"tags"`
}

var statuses = []string{"pending", "running", "blocked", "success", "failed", "aborted"}

// The i-th row, the same as in bench/scale/rows.ts.
func rowOf(i int) row {
	a, b := mix(uint32(i)+1), mix(uint32(i)^0x5bd1e995)
	tags := make([]string, b&3)
	for k := range tags {
		tags[k] = fmt.Sprintf("tag%d", ((b>>(8+k))+13*uint32(k))%40)
	}
	return row{
		ID:        textOf(mix(uint32(i)), mix(uint32(i)+0x9e37), 12),
		Namespace: fmt.Sprintf("ns-%03d", a%50),
		Name:      textOf(b, a, 8),
		Status:    statuses[(a>>8)%6],
		Priority:  int((b >> 4) % 1000),
		CreatedAt: 1_700_000_000_000 + int64(i)*37 + int64(a%37),
		Tags:      tags,
	}
}

func textOf(first, second uint32, length int) string {
	var bytes [12]byte
	binary.BigEndian.PutUint32(bytes[0:], first)
	binary.BigEndian.PutUint32(bytes[4:], second)
	binary.BigEndian.PutUint32(bytes[8:], first^second)
	return hex.EncodeToString(bytes[:length])
}

func mix(x uint32) uint32 {
	x = (x ^ x>>16) * 0x85ebca6b
	x = (x ^ x>>13) * 0xc2b2ae35
	return x ^ x>>16
}

// FNV-1a, as in check.ts.
func fnv(bytes []byte) uint32 {
	hash := uint32(0x811c9dc5)
	for _, b := range bytes {
		hash = (hash ^ uint32(b)) * 0x01000193
	}
	return hash
}
