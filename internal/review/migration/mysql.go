package migration

import "vitess.io/vitess/go/vt/sqlparser"

func parseMySQL(text string) (sqlparser.Statement, error) {
	return sqlparser.NewTestParser().ParseStrictDDL(text)
}
