package migration

import (
	"strconv"
	"strings"
)

// conversion says what a change of type costs. Between types of PostgreSQL
// everything that is not listed here is written anew.
// https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
func (p pg) conversion(from, to sqlType) Lasts {
	switch {
	case from.name == "":
		return Unknown
	case from.name == to.name && from.mods == to.mods && from.array == to.array:
		return Metadata
	case !listed(builtIn, from.name) || !listed(builtIn, to.name):
		return p.made(from, to)
	case from.array || to.array:
		return Unknown
	case from.name == to.name:
		return widened(from, to)
	}
	return p.across(from, to)
}

// made is a conversion of a type that somebody made.
func (p pg) made(from, to sqlType) Lasts {
	if p.state.types[from.name] == plainType && listed(builtIn, to.name) || p.state.types[to.name] == plainType && listed(builtIn, from.name) {
		return Rewrite // by way of text
	}
	return Unknown
}

// across is a conversion of one type to another.
func (p pg) across(from, to sqlType) Lasts {
	switch pair := from.name + " " + to.name; {
	case pair == "timestamp timestamptz", pair == "timestamptz timestamp":
		return p.zoned(from, to)
	case pair == "varchar text", pair == "text varchar" && to.mods == "", pair == "cidr inet",
		pair == "citext text", pair == "text citext", pair == "varchar citext", pair == "citext varchar" && to.mods == "":
		return Metadata
	case strings.Contains(pair, "oid"), strings.Contains(pair, "reg"), strings.Contains(pair, "xml"),
		pair == "bit varbit", pair == "varbit bit", strings.Contains(pair, "name"):
		return Unknown
	}
	return Rewrite
}

// zoned is a conversion between times with and without a time zone: since 12 it
// leaves the rows as they are where the session's zone is UTC.
// https://www.postgresql.org/docs/release/12.0/
func (p pg) zoned(from, to sqlType) Lasts {
	switch zone := orWord(p.tx.zone, p.zone); {
	case !p.options.Version.atLeast(12, 0, 0):
		return Rewrite
	case zone == "":
		return Unknown
	case listed(" utc gmt etc/utc etc/gmt ", zone):
		return finer(from, to)
	case listed(" default local ", zone):
		return Unknown
	}
	return Rewrite
}

// widened is a conversion of a type to itself with another length.
func widened(from, to sqlType) Lasts {
	switch from.name {
	case "varchar", "varbit":
		if to.mods == "" || from.mods != "" && lengthOf(to.mods) >= lengthOf(from.mods) {
			return Metadata
		}
	case "numeric":
		if to.mods == "" {
			return Metadata
		}
		p1, s1 := precision(from.mods)
		p2, s2 := precision(to.mods)
		if from.mods != "" && s1 == s2 && p2 >= p1 {
			return Metadata
		}
	case "timestamp", "timestamptz", "time", "timetz", "interval":
		return finer(from, to)
	case "bpchar", "bit":
	default:
		return Unknown
	}
	return Rewrite
}

// finer is a conversion of a time to itself with another precision.
func finer(from, to sqlType) Lasts {
	switch {
	case to.mods == "", from.mods != "" && lengthOf(to.mods) >= lengthOf(from.mods), lengthOf(to.mods) >= 6:
		return Metadata
	case from.name == "interval":
		return Unknown
	}
	return Rewrite
}

func lengthOf(s string) int {
	n, _ := strconv.Atoi(strings.TrimSpace(s)) // what is no number is 0, which is never wide enough
	return n
}

func precision(mods string) (precision, scale int) {
	a, b, _ := strings.Cut(mods, ",")
	return lengthOf(a), lengthOf(b)
}
