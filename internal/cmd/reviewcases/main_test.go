package main

import (
	"strings"
	"testing"
)

const cases = `
== builds postgres 15 unsafe
CREATE INDEX by_total ON orders (total);
== adds postgres 15 safe
ALTER TABLE orders ADD COLUMN note text;
== reads postgres 15 unsafe
SELECT 1;
== reads_agreed postgres 15 unsafe agreed because it reads nothing
SELECT 1;
== drops postgres 15 safe
DROP TABLE orders;
== drops_agreed postgres 15 safe agreed because the rows are gone
DROP TABLE orders;
== after mysql 8.0.36 safe
--- applied
DROP TABLE orders;
--- pending
CREATE TABLE orders (id int PRIMARY KEY);
`

// TestCases: what is told of a case is counted on the side of its author's word,
// and a disagreement that nobody has looked at is shown.
func TestCases(t *testing.T) {
	var sum figures
	var out strings.Builder
	if err := sum.add(&out, cases); err != nil {
		t.Fatal(err)
	}
	sum.print(&out)
	want := `missed: reads
refused: drops
  001.sql:1 PG011 error orders: lose data, break what serves, make a way home unsafe nobody has said since when nothing that is live reads it (unread_since)
3 unsafe: 1 told, 1 rightly not, 1 missed
4 safe: 2 let through, 1 rightly refused, 1 wrongly refused
precision 66.7 %
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, wrong := range []string{"== a postgres 15\nSELECT 1;", "== a postgres fifteen safe\nSELECT 1;", "== a postgres 15 perhaps\nSELECT 1;"} {
		if sum.add(&out, wrong) == nil {
			t.Errorf("%q is a case", wrong)
		}
	}
}
