package migration

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
)

// piece is one statement of a file, as it stands there.
type piece struct {
	text     string
	line     int // of its first word
	end      int // the line on which it ends
	comments []comment
}

// comment is what stands in a comment, without its marks.
type comment struct {
	text string
	line int
}

// scanner divides SQL into statements. It knows quotes, comments, the bodies of
// functions, and what clients understand beside SQL: COPY data, DELIMITER, and the
// marks of goose.
type scanner struct {
	text    string
	at      int
	line    int
	mysql   bool
	ends    string // what ends a statement
	whole   bool   // between the marks of goose, where nothing ends one
	begin   int    // of the current statement; -1 before its first word
	current piece
	depth   int // of parentheses
	atomic  int // of BEGIN ATOMIC … END
	last    string
	out     []piece
}

func scan(text string, mysql bool) []piece {
	s := &scanner{text: text, line: 1, mysql: mysql, ends: ";", begin: -1, out: make([]piece, 0, strings.Count(text, ";")+1)}
	for s.at < len(s.text) {
		s.step()
	}
	s.finish()
	return s.out
}

// step reads one thing.
func (s *scanner) step() {
	rest := s.text[s.at:]
	switch c := rest[0]; {
	case c == '\n':
		s.line++
		s.at++
	case c == ' ', c == '\t', c == '\r', c == '\f', c == '\v':
		s.at++
	case letter(c) && !s.mysql: // most of a text: it begins nothing else
		s.plain(rest)
	case s.lineComment(rest):
		s.comment(rest, lineOf(rest))
	case s.blockComment(rest):
		s.comment(rest, s.block(rest))
	case s.begin < 0 && s.toClient(rest):
	case s.ended(rest):
		s.end(len(s.ends))
	default:
		s.token(rest, c)
	}
}

// blockComment leaves out what MySQL executes: /*! … */.
func (s *scanner) blockComment(rest string) bool {
	if s.mysql && (strings.HasPrefix(rest, "/*!") || strings.HasPrefix(rest, "/*M!")) {
		return false
	}
	return strings.HasPrefix(rest, "/*")
}

// ended reports whether a statement ends here.
func (s *scanner) ended(rest string) bool {
	return !s.whole && s.depth <= 0 && s.atomic == 0 && strings.HasPrefix(rest, s.ends)
}

// toClient takes a line that is for the client, and not for the server.
func (s *scanner) toClient(rest string) bool {
	if s.mysql {
		return s.delimiter(rest)
	}
	if rest[0] != '\\' {
		return false
	}
	s.word(lineOf(rest))
	s.finish()
	return true
}

// token reads what belongs to a statement.
func (s *scanner) token(rest string, c byte) {
	switch {
	case c == '\'' || c == '"' || c == '`' && s.mysql:
		s.word(quoted(rest, c, s.mysql && c != '`' || c == '\'' && s.escapes()))
	case c == '$' && !s.mysql:
		s.word(dollar(rest))
	case c == '(':
		s.depth++
		s.word(1)
	case c == ')':
		s.depth--
		s.word(1)
	default:
		s.plain(rest)
	}
}

// plain reads a word, or one sign.
func (s *scanner) plain(rest string) {
	n := wordOf(rest)
	if n == 0 {
		_, n = utf8.DecodeRuneInString(rest)
		s.word(n)
		return
	}
	word := rest[:n]
	switch {
	case s.mysql:
		s.body(word, rest[n:])
	case strings.EqualFold(word, "atomic") && strings.EqualFold(s.last, "begin"):
		s.atomic++
	case s.atomic > 0 && strings.EqualFold(word, "case"):
		s.atomic++
	case s.atomic > 0 && strings.EqualFold(word, "end"):
		s.atomic--
	}
	if s.begin < 0 {
		s.begin, s.current.line = s.at, s.line
	}
	s.at += n // there is no line's end in a word
	s.current.end, s.last = s.line, word
}

// body follows the blocks of a procedure, a function, a trigger or an event of
// MySQL, in which statements stand that are not run.
func (s *scanner) body(word, rest string) {
	switch {
	case s.atomic == 0 && !mysqlCode.MatchString(s.text[max(s.begin, 0):s.at]):
	case strings.EqualFold(word, "begin"), strings.EqualFold(word, "case") && !strings.EqualFold(s.last, "end"):
		s.atomic++
	case s.atomic > 0 && strings.EqualFold(word, "end") && !mysqlEnds.MatchString(rest):
		s.atomic--
	}
}

// mysqlEnds is what stands behind the END of what no BEGIN began.
var mysqlEnds = lazyregexp.New(`(?i)^\s+(?:IF|LOOP|WHILE|REPEAT)\b`)

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' }

// wordOf is the length of the word with which a text begins.
func wordOf(rest string) int {
	n := 0
	for n < len(rest) && (letter(rest[n]) || '0' <= rest[n] && rest[n] <= '9') {
		n++
	}
	for i, r := range rest[n:] {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && (r != '$' || n+i == 0) {
			return n + i
		}
	}
	return len(rest)
}

// escapes reports whether the quotation that begins is one with backslashes: E'…'.
func (s *scanner) escapes() bool {
	return s.at > 0 && (s.text[s.at-1] == 'e' || s.text[s.at-1] == 'E') && (s.last == "E" || s.last == "e")
}

// word takes n bytes into the statement.
func (s *scanner) word(n int) {
	if s.begin < 0 {
		s.begin, s.current.line = s.at, s.line
	}
	s.last = ""
	s.skip(n)
	s.current.end = s.line
}

func (s *scanner) skip(n int) {
	s.line += strings.Count(s.text[s.at:s.at+n], "\n")
	s.at += n
}

// end ends a statement at its semicolon. What stands behind it on the same line
// is still about it.
func (s *scanner) end(n int) {
	at := s.at
	s.skip(n)
	rest := strings.TrimLeft(s.text[s.at:], " \t")
	if s.begin >= 0 && s.lineComment(rest) {
		s.skip(len(s.text) - s.at - len(rest))
		s.comment(rest, lineOf(rest))
	}
	s.close(at)
}

func (s *scanner) finish() { s.close(s.at) }

// close ends the statement before a place. Comments that no statement follows are a
// piece of their own, so that nothing is lost.
func (s *scanner) close(at int) {
	switch {
	case s.begin >= 0:
		s.current.text = s.text[s.begin:at]
		s.out = append(s.out, s.current)
		s.copied()
		s.current = piece{}
	case s.at >= len(s.text) && len(s.current.comments) > 0:
		s.current.line, s.current.end = s.line, s.line
		s.out = append(s.out, s.current)
	}
	s.begin, s.depth, s.atomic, s.last = -1, 0, 0, ""
}

// copied skips the rows that follow COPY … FROM stdin in a dump.
func (s *scanner) copied() {
	text := s.current.text
	if s.mysql || len(text) < 4 || !strings.EqualFold(text[:4], "copy") || !strings.HasSuffix(strings.ToUpper(strings.TrimRight(text, " \n\r\t;")), "FROM STDIN") {
		return
	}
	if i := strings.Index(s.text[s.at:], "\n\\."); i >= 0 {
		s.skip(i + len("\n\\."))
	}
}

func (s *scanner) lineComment(rest string) bool {
	if s.mysql {
		return strings.HasPrefix(rest, "#") || strings.HasPrefix(rest, "--") && (len(rest) == 2 || strings.ContainsRune(" \t\r\n", rune(rest[2])))
	}
	return strings.HasPrefix(rest, "--")
}

// comment takes a comment of n bytes. Within a statement it stays in its text,
// where the parser skips it too.
func (s *scanner) comment(rest string, n int) {
	text := strings.TrimSpace(strings.Trim(rest[:n], "-#/*\r\n"))
	s.current.comments = append(s.current.comments, comment{text: text, line: s.line})
	s.skip(n)
	switch text {
	case "+goose StatementBegin", "+migrate StatementBegin":
		s.whole = true
	case "+goose StatementEnd", "+migrate StatementEnd":
		s.whole = false
		if s.begin >= 0 {
			s.close(s.at)
		}
	}
}

// block is the length of a comment in /* */, which may hold others in PostgreSQL.
func (s *scanner) block(rest string) int {
	depth := 1
	for i := 2; i < len(rest); i++ {
		switch {
		case strings.HasPrefix(rest[i:], "*/"):
			i++
			if depth--; depth == 0 {
				return i + 1
			}
		case !s.mysql && strings.HasPrefix(rest[i:], "/*"):
			i++
			depth++
		}
	}
	return len(rest)
}

// delimiter understands a line that says what ends a statement from now on.
func (s *scanner) delimiter(rest string) bool {
	line := rest[:lineOf(rest)]
	fields := strings.Fields(line)
	if len(fields) != 2 || !strings.EqualFold(fields[0], "delimiter") {
		return false
	}
	s.ends = fields[1]
	s.skip(len(line))
	return true
}

func lineOf(rest string) int {
	if i := strings.IndexByte(rest, '\n'); i >= 0 {
		return i
	}
	return len(rest)
}

// quoted is the length of a quotation.
func quoted(rest string, by byte, backslashes bool) int {
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && backslashes:
			i++
		case rest[i] == by && i+1 < len(rest) && rest[i+1] == by:
			i++
		case rest[i] == by:
			return i + 1
		}
	}
	return len(rest)
}

// dollar is the length of a quotation in $tag$ … $tag$, or of the sign alone.
func dollar(rest string) int {
	n := strings.IndexByte(rest[1:], '$')
	if n < 0 || strings.ContainsFunc(rest[1:n+1], func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) || n > 0 && rest[1] >= '0' && rest[1] <= '9' {
		return 1
	}
	tag := rest[:n+2]
	if end := strings.Index(rest[len(tag):], tag); end >= 0 {
		return end + 2*len(tag)
	}
	return len(rest)
}
