// Command memdb runs histories on go-memdb. It reads one history a line and prints its answers as one line. With an
// argument it shows one of the known differences; with `names` it lists them.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "names" {
		fmt.Println(string(encode(differenceNames())))
		return
	}
	if len(os.Args) > 1 {
		fmt.Println(string(encode(attempt(func() interface{} { return showDifference(os.Args[1]) }))))
		return
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var history History
		must(json.Unmarshal(line, &history))
		out.Write(encode(attempt(func() interface{} { return Run(history) })))
		out.WriteByte('\n')
		must(out.Flush())
	}
}

// attempt gives what f gives, or what it panics with, so that a fault of one history does not end the program.
func attempt(f func() interface{}) (answer interface{}) {
	defer func() {
		if fault := recover(); fault != nil {
			answer = map[string]string{"panic": fmt.Sprint(fault)}
		}
	}()
	return f()
}

func encode(value interface{}) []byte {
	text, err := json.Marshal(value)
	must(err)
	return text
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
