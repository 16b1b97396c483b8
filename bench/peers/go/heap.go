package main

import (
	"runtime"
	"runtime/debug"
)

// Bytes in use, after collecting.
func heap() float64 {
	runtime.GC()
	debug.FreeOSMemory()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}
