package main

import (
	"encoding/json"
	"reflect"

	memdb "github.com/hashicorp/go-memdb"
)

// A History is what history.ts makes.
type History struct {
	Keep  int    `json:"keep"` // how many batches may be looked back at
	Steps []Step `json:"steps"`
}

// A Step is something done outside of transactions, or a transaction.
type Step struct {
	Do         string        `json:"do"`
	Statements []Statement   `json:"statements"`
	End        string        `json:"end"`
	How        string        `json:"how"`
	Nth        int           `json:"nth"`
	Rows       int           `json:"rows"`
	From       int           `json:"from"`
	To         int           `json:"to"`
	Of         string        `json:"of"`
	Table      string        `json:"table"`
	Key        []interface{} `json:"key"`
	Question   *Question     `json:"question"`
}

// A Statement is something done within a transaction.
type Statement struct {
	Do       string                     `json:"do"`
	Table    string                     `json:"table"`
	Row      *Row                       `json:"row"`
	Key      []interface{}              `json:"key"`
	Patch    map[string]json.RawMessage `json:"patch"`
	Without  []string                   `json:"without"`
	Index    string                     `json:"index"`
	Range    Range                      `json:"range"`
	Nth      int                        `json:"nth"`
	Rows     int                        `json:"rows"`
	Question *Question                  `json:"question"`
}

// A Question is asked of a view, or of a transaction.
type Question struct {
	Ask   string        `json:"ask"`
	Table string        `json:"table"`
	Index string        `json:"index"`
	Key   []interface{} `json:"key"`
	Range Range         `json:"range"`
}

type object map[string]interface{}

// pass is an iterator that is read some rows at a time.
type pass struct{ next func() *Row }

type run struct {
	db      *memdb.MemDB
	keep    int
	states  []*memdb.Txn // by offset
	batches [][]Change   // by offset, less 1
	held    []*memdb.Txn
	passes  []*pass
}

// Run gives an answer for each step.
func Run(history History) []interface{} {
	r := run{db: open(), keep: history.Keep}
	r.states = []*memdb.Txn{r.db.Txn(false)}
	answers := []interface{}{}
	for _, step := range history.Steps {
		answers = append(answers, r.step(step))
	}
	return answers
}

func (r *run) head() int { return len(r.states) - 1 }

// back is the offset so many batches ago, as far as the history goes back.
func (r *run) back(batches int) int {
	if batches > r.keep {
		batches = r.keep
	}
	if batches > r.head() {
		return 0
	}
	return r.head() - batches
}

func (r *run) step(step Step) interface{} {
	switch step.Do {
	case "transact":
		return r.transact(step)
	case "hold":
		if step.How == "now" {
			r.held = append(r.held, r.db.Txn(false))
		} else {
			r.held = append(r.held, r.db.Snapshot().Txn(false))
		}
		return nil
	case "release":
		if len(r.held) > 0 {
			nth := step.Nth % len(r.held)
			r.held = append(r.held[:nth], r.held[nth+1:]...)
		}
		return nil
	case "ask":
		return answer(r.view(step), step.Question)
	case "dump":
		return dump(r.view(step))
	case "open":
		r.passes = append(r.passes, openPass(r.db.Txn(false), step.Question))
		return nil
	case "step":
		return stepPass(r.passes, step.Nth, step.Rows)
	case "diff":
		return diff(r.states[r.back(step.From)], r.states[r.back(step.To)])
	case "history":
		return r.history(step)
	}
	panic("no step " + step.Do)
}

func (r *run) view(step Step) *memdb.Txn {
	if step.Of == "held" && len(r.held) > 0 {
		return r.held[step.Nth%len(r.held)]
	}
	if step.Of == "back" {
		return r.states[r.back(step.Nth)]
	}
	return r.db.Txn(false)
}

func (r *run) history(step Step) interface{} {
	changes := []object{}
	row := Row{}
	if step.Table == "stock" {
		row.ID = step.Key[0].(string)
	} else {
		row.Group, row.ID = step.Key[0].(string), step.Key[1].(string)
	}
	key := table(step.Table).Key(&row)
	for i, batch := range r.batches {
		for _, change := range batch {
			if i >= r.back(r.keep) && change.Table == step.Table && reflect.DeepEqual(change.Key, key) {
				changes = append(changes, object{"offset": i + 1, "change": change})
			}
		}
	}
	return changes
}

func (r *run) transact(step Step) interface{} {
	txn := r.db.Txn(true)
	txn.TrackChanges()
	answers := []interface{}{}
	passes := []*pass{}
	for _, s := range step.Statements {
		switch s.Do {
		case "open":
			// the iterators of a transaction do not survive its next write; those of its snapshot do
			passes = append(passes, openPass(txn.Snapshot(), s.Question))
			answers = append(answers, nil)
		case "step":
			answers = append(answers, stepPass(passes, s.Nth, s.Rows))
		default:
			answers = append(answers, statement(txn, s))
		}
	}
	result := object{"answers": answers, "changes": nil}
	if step.End != "abort" {
		result["changes"] = changesOf(txn)
	}
	if changes, _ := result["changes"].([]Change); step.End == "commit" && len(changes) > 0 {
		txn.Commit()
		r.states = append(r.states, r.db.Txn(false))
		r.batches = append(r.batches, changes)
	} else {
		txn.Abort()
	}
	result["head"] = r.head()
	result["state"] = dump(r.db.Txn(false))
	return result
}

func statement(txn *memdb.Txn, s Statement) interface{} {
	if s.Do == "ask" {
		return answer(txn, s.Question)
	}
	table := table(s.Table)
	switch s.Do {
	case "insert":
		return insert(txn, table, s.Row)
	case "put":
		return store(txn, table, s.Row)
	case "update":
		return update(txn, table, s)
	case "delete":
		return remove(txn, table, s.Key)
	case "deleteRange":
		return removeRange(txn, table, table.index(s.Index), s.Range)
	}
	panic("no statement " + s.Do)
}

func answer(txn *memdb.Txn, q *Question) interface{} {
	table := table(q.Table)
	index := table.index(q.Index)
	switch q.Ask {
	case "find", "first": // find: the row of a unique key; first: the first row of a key
		found, err := txn.First(table.Name, index.Name, argsOf(index, q.Key)...)
		must(err)
		return found
	case "longestPrefix":
		found, err := txn.LongestPrefix(table.Name, index.Name+"_prefix", q.Key...)
		must(err)
		return found
	case "scan":
		return scan(txn, table, index, q.Range)
	case "count":
		return len(scan(txn, table, index, q.Range))
	case "last":
		r := q.Range
		r.Reverse = !r.Reverse
		rows := scan(txn, table, index, r)
		if len(rows) == 0 {
			return nil
		}
		return rows[0]
	}
	panic("no question " + q.Ask)
}

func openPass(txn *memdb.Txn, q *Question) *pass {
	table := table(q.Table)
	iter, err := txn.Get(table.Name, q.Index)
	must(err)
	seen := map[*Row]bool{}
	return &pass{next: func() *Row {
		for found := iter.Next(); found != nil; found = iter.Next() {
			if row := found.(*Row); !seen[row] {
				seen[row] = true
				return row
			}
		}
		return nil
	}}
}

func stepPass(passes []*pass, nth, rows int) interface{} {
	if len(passes) == 0 {
		return nil
	}
	given := []*Row{}
	for i := 0; i < rows; i++ {
		row := passes[nth%len(passes)].next()
		if row == nil {
			break
		}
		given = append(given, row)
	}
	return given
}
