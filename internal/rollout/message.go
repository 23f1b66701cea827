package rollout

import (
	"fmt"
	"strconv"
	"strings"
)

// Message is what a person may read, before its particulars are known: {name}
// stands where one will be. Every message stands in the table of its package;
// provider.Messages lists all tables as one, which the documents print and a
// test provokes row by row.
type Message struct {
	// ID names the message for good: "gate.no_source". It begins with the kind
	// or the area.
	ID string
	// What, Why and Fix are those of a Problem. A message about a Finding has no
	// What: its title is the status and the object.
	What, Why, Fix string
	// At names the attribute of a block, as in Problem.
	At string
}

// With returns the message with its particulars, which are pairs of a name and
// a value. A name that is not given stays in the text as it is written. A value
// that stands in quotation marks is quoted as Go quotes strings, so that nothing
// in it ends the quotation or the line.
func (m Message) With(pairs ...any) Problem {
	fill := filler(pairs)
	return Problem{What: fill(m.What), Why: fill(m.Why), Fix: fill(m.Fix), At: fill(m.At)}
}

// Found is With for a function that returns nil where nothing is wrong.
func (m Message) Found(pairs ...any) *Problem {
	p := m.With(pairs...)
	return &p
}

// Because returns the finding with the reason and the remedy of a message.
func (f Finding) Because(m Message, pairs ...any) Finding {
	p := m.With(pairs...)
	f.Why, f.Fix = p.Why, p.Fix
	return f
}

func filler(pairs []any) func(string) string {
	var words []string
	for i := 0; i+1 < len(pairs); i += 2 {
		name, value := fmt.Sprintf("{%v}", pairs[i]), fmt.Sprint(pairs[i+1])
		words = append(words, `"`+name+`"`, strconv.Quote(value), name, value)
	}
	return strings.NewReplacer(words...).Replace
}
