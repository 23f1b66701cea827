package aws

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Metric math, the part of it that gates use
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html).
// What it does not know is a violation, never a guess.

// A quantity is what an expression is: a number, a time series, or several.
type quantity struct {
	number float64
	lines  []line
	scalar bool
	many   bool // an array, even of one
}

// evaluation is one GetMetricData.
type evaluation struct {
	from, to time.Time
	period   time.Duration
	byID     func(id string) (quantity, error)
	metrics  func(like string) []line // those that are no expressions
}

// mathParser reads an expression from left to right.
type mathParser struct {
	*evaluation
	tokens []string
}

func (e *evaluation) calculate(expression string) (quantity, error) {
	tokens, err := tokenize(expression)
	if err != nil {
		return quantity{}, err
	}
	p := &mathParser{e, tokens}
	q, err := p.or()
	if err == nil && len(p.tokens) > 0 {
		err = unknownRequest{fmt.Sprintf("metric math: %q of %q", p.tokens[0], expression)}
	}
	return q, err
}

// mathToken is a name, a number, a text, an operator or a bracket.
var mathToken = regexp.MustCompile(`^\s*([A-Za-z0-9_.]+|"[^"]*"|'[^']*'|<=|>=|==|!=|&&|\|\||[-+*/^()\[\],<>])\s*`)

func tokenize(s string) ([]string, error) {
	var out []string
	for rest := s; strings.TrimSpace(rest) != ""; {
		m := mathToken.FindStringSubmatch(rest)
		if m == nil {
			return nil, unknownRequest{fmt.Sprintf("metric math: %q in %q", rest, s)}
		}
		out, rest = append(out, m[1]), rest[len(m[0]):]
	}
	return out, nil
}

func (p *mathParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *mathParser) take() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *mathParser) expect(t string) error {
	if got := p.take(); got != t {
		return fail(400, "ValidationError", "Error in expression: %q where %q is expected", got, t)
	}
	return nil
}

// binary is one level of precedence.
func (p *mathParser) binary(next func() (quantity, error), operators map[string]func(a, b float64) float64) (quantity, error) {
	left, err := next()
	for err == nil {
		f := operators[p.peek()]
		if f == nil {
			return left, nil
		}
		p.take()
		var right quantity
		if right, err = next(); err == nil {
			left, err = combine(left, right, f)
		}
	}
	return left, err
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

var (
	ors = map[string]func(a, b float64) float64{
		"OR": func(a, b float64) float64 { return truth(a != 0 || b != 0) },
		"||": func(a, b float64) float64 { return truth(a != 0 || b != 0) },
	}
	ands = map[string]func(a, b float64) float64{
		"AND": func(a, b float64) float64 { return truth(a != 0 && b != 0) },
		"&&":  func(a, b float64) float64 { return truth(a != 0 && b != 0) },
	}
	compares = map[string]func(a, b float64) float64{
		"<":  func(a, b float64) float64 { return truth(a < b) },
		"<=": func(a, b float64) float64 { return truth(a <= b) },
		">":  func(a, b float64) float64 { return truth(a > b) },
		">=": func(a, b float64) float64 { return truth(a >= b) },
		"==": func(a, b float64) float64 { return truth(a == b) },
		"!=": func(a, b float64) float64 { return truth(a != b) },
	}
	sums = map[string]func(a, b float64) float64{
		"+": func(a, b float64) float64 { return a + b },
		"-": func(a, b float64) float64 { return a - b },
	}
	products = map[string]func(a, b float64) float64{
		"*": func(a, b float64) float64 { return a * b },
		"/": func(a, b float64) float64 { return a / b },
	}
	powers = map[string]func(a, b float64) float64{"^": math.Pow}
)

func (p *mathParser) or() (quantity, error)      { return p.binary(p.and, ors) }
func (p *mathParser) and() (quantity, error)     { return p.binary(p.compare, ands) }
func (p *mathParser) compare() (quantity, error) { return p.binary(p.sum, compares) }
func (p *mathParser) sum() (quantity, error)     { return p.binary(p.product, sums) }
func (p *mathParser) product() (quantity, error) { return p.binary(p.power, products) }
func (p *mathParser) power() (quantity, error)   { return p.binary(p.unary, powers) }

func (p *mathParser) unary() (quantity, error) {
	if p.peek() != "-" {
		return p.primary()
	}
	p.take()
	q, err := p.unary()
	if err != nil {
		return q, err
	}
	return q.each(func(v float64) float64 { return -v }), nil
}

func (p *mathParser) primary() (quantity, error) {
	t := p.take()
	switch {
	case t == "":
		return quantity{}, fail(400, "ValidationError", "Error in expression: it ends too soon")
	case t == "(":
		q, err := p.or()
		if err != nil {
			return q, err
		}
		return q, p.expect(")")
	case t == "[":
		return p.array()
	case t[0] >= '0' && t[0] <= '9' || t[0] == '.':
		v, err := strconv.ParseFloat(t, 64)
		if err != nil {
			return quantity{}, fail(400, "ValidationError", "Error in expression: %q is no number", t)
		}
		return quantity{number: v, scalar: true}, nil
	case p.peek() == "(":
		return p.function(t)
	case unicode.IsLower(rune(t[0])):
		return p.byID(t)
	}
	return quantity{}, unknownRequest{fmt.Sprintf("metric math: %q", t)}
}

func (p *mathParser) array() (quantity, error) {
	out := quantity{many: true}
	for {
		q, err := p.or()
		if err != nil {
			return q, err
		}
		if q.scalar {
			return q, unknownRequest{"metric math: an array of numbers"}
		}
		out.lines = append(out.lines, q.lines...)
		if p.peek() != "," {
			return out, p.expect("]")
		}
		p.take()
	}
}

// function calls one by its name. METRICS takes a text, FILL a word.
func (p *mathParser) function(name string) (quantity, error) {
	p.take()
	if name == "METRICS" {
		like := ""
		if p.peek() != ")" {
			like = strings.Trim(p.take(), `"'`)
		}
		return quantity{lines: p.metrics(like), many: true}, p.expect(")")
	}
	var args []quantity
	word := ""
	for p.peek() != ")" {
		if name == "FILL" && len(args) == 1 && (p.peek() == "REPEAT" || p.peek() == "LINEAR") {
			word = p.take()
			break
		}
		q, err := p.or()
		if err != nil {
			return q, err
		}
		args = append(args, q)
		if p.peek() != "," {
			break
		}
		p.take()
	}
	if err := p.expect(")"); err != nil {
		return quantity{}, err
	}
	return p.call(name, args, word)
}

func (p *mathParser) call(name string, args []quantity, word string) (quantity, error) {
	switch n := len(args); {
	case n == 1 && word == "":
		if q, known := p.callOne(name, args[0]); known {
			return q, nil
		}
	case name == "IF" && (n == 2 || n == 3):
		return p.choose(args)
	case name == "FILL" && n == 2 && args[1].scalar:
		return p.filled(args[0], func(line, time.Time) (float64, bool) { return args[1].number, true }), nil
	case name == "FILL" && n == 1 && word == "REPEAT":
		return p.filled(args[0], p.before), nil
	}
	return quantity{}, unknownRequest{fmt.Sprintf("metric math: %s with %d arguments %s", name, len(args), word)}
}

// callOne calls a function of one argument.
func (p *mathParser) callOne(name string, q quantity) (quantity, bool) {
	switch {
	case reducers[name] != nil:
		return q.reduce(reducers[name]), true
	case pointwise[name] != nil:
		return q.each(pointwise[name]).finite(), true
	case name == "METRIC_COUNT":
		return quantity{number: float64(len(q.lines)), scalar: true}, true
	case name == "PERIOD":
		return quantity{number: p.period.Seconds(), scalar: true}, true
	case name == "TIME_SERIES" && q.scalar:
		return quantity{lines: []line{p.constant(q.number)}}, true
	}
	return quantity{}, false
}

// reducers make a number of a series, and a series of an array.
var reducers = map[string]func([]float64) float64{
	"SUM": func(v []float64) float64 {
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		return sum
	},
	"AVG": func(v []float64) float64 {
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		return sum / float64(len(v))
	},
	"MIN": slices.Min[[]float64],
	"MAX": slices.Max[[]float64],
}

var pointwise = map[string]func(float64) float64{"ABS": math.Abs, "CEIL": math.Ceil, "FLOOR": math.Floor, "LOG": math.Log, "LOG10": math.Log10}

func (q quantity) reduce(f func([]float64) float64) quantity {
	if q.scalar {
		return q
	}
	if !q.many {
		values := []float64{}
		for _, l := range q.lines {
			for _, v := range l {
				values = append(values, v)
			}
		}
		if len(values) == 0 {
			return quantity{scalar: true, number: math.NaN()}
		}
		slices.Sort(values) // addition in a fixed order
		return quantity{scalar: true, number: f(values)}
	}
	by := map[time.Time][]float64{}
	for _, l := range q.lines {
		for at, v := range l {
			by[at] = append(by[at], v)
		}
	}
	out := line{}
	for at, values := range by {
		out[at] = f(values)
	}
	return quantity{lines: []line{out}}
}

func (q quantity) each(f func(float64) float64) quantity {
	out := quantity{scalar: q.scalar, many: q.many, number: f(q.number)}
	for _, l := range q.lines {
		next := line{}
		for at, v := range l {
			next[at] = f(v)
		}
		out.lines = append(out.lines, next)
	}
	return out
}

// combine applies an operator. Of two series only moments that both have remain,
// and a quotient by zero is no value.
func combine(a, b quantity, f func(a, b float64) float64) (quantity, error) {
	switch {
	case a.scalar && b.scalar:
		return quantity{scalar: true, number: f(a.number, b.number)}, nil
	case a.scalar:
		return b.each(func(v float64) float64 { return f(a.number, v) }).finite(), nil
	case b.scalar:
		return a.each(func(v float64) float64 { return f(v, b.number) }).finite(), nil
	case a.many && b.many:
		return quantity{}, unknownRequest{"metric math: an operator between two arrays"}
	case b.many:
		return combine(b, a, func(x, y float64) float64 { return f(y, x) })
	}
	out := quantity{many: a.many}
	for _, l := range a.lines {
		next := line{}
		for at, v := range l {
			if w, ok := b.lines[0][at]; ok {
				next[at] = f(v, w)
			}
		}
		out.lines = append(out.lines, next)
	}
	return out.finite(), nil
}

func (q quantity) finite() quantity {
	for _, l := range q.lines {
		maps.DeleteFunc(l, func(_ time.Time, v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	}
	return q
}

// choose is IF(condition, a, b): value by value where the condition is a series.
// Without a third argument what is not chosen has no value.
func (p *mathParser) choose(args []quantity) (quantity, error) {
	condition, then := args[0], args[1]
	otherwise := quantity{scalar: true, number: math.NaN()}
	if len(args) == 3 {
		otherwise = args[2]
	}
	if condition.many || then.many || otherwise.many {
		return quantity{}, unknownRequest{"metric math: IF with an array"}
	}
	if condition.scalar {
		if condition.number != 0 {
			return then, nil
		}
		return otherwise, nil
	}
	out := line{}
	for at, c := range condition.lines[0] {
		from := otherwise
		if c != 0 {
			from = then
		}
		if from.scalar {
			out[at] = from.number
		} else if v, ok := from.lines[0][at]; ok {
			out[at] = v
		}
	}
	return quantity{lines: []line{out}}.finite(), nil
}

// constant is a series with the same value in every period.
func (p *mathParser) constant(v float64) line {
	out := line{}
	for at := p.from; at.Before(p.to); at = at.Add(p.period) {
		out[at] = v
	}
	return out
}

// filled gives the periods without a value one. A metric that has never had a
// datum, which is nil, is none that could be filled (modelled).
func (p *mathParser) filled(q quantity, with func(line, time.Time) (float64, bool)) quantity {
	out := quantity{many: q.many}
	for _, l := range q.lines {
		next := maps.Clone(l)
		for at := range p.constant(0) {
			if _, ok := l[at]; ok || l == nil {
				continue
			}
			if v, ok := with(l, at); ok {
				next[at] = v
			}
		}
		out.lines = append(out.lines, next)
	}
	return out
}

// before is the last value before a moment.
func (p *mathParser) before(l line, at time.Time) (float64, bool) {
	for at = at.Add(-p.period); !at.Before(p.from); at = at.Add(-p.period) {
		if v, ok := l[at]; ok {
			return v, true
		}
	}
	return 0, false
}
