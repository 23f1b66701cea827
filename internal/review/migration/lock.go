package migration

// lock is a lock on a table, from weak to strong. PostgreSQL's are those of
// https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES;
// MySQL's are what LOCK = says in ALTER TABLE.
type lock int

const (
	accessShare lock = iota + 1
	rowShare
	rowExclusive
	shareUpdateExclusive
	share
	shareRowExclusive
	exclusive
	accessExclusive
	lockNone      // others read and write meanwhile
	lockShared    // others read
	lockExclusive // others wait
)

func (l lock) String() string {
	return [...]string{
		"", "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE",
		"LOCK=NONE", "LOCK=SHARED", "LOCK=EXCLUSIVE",
	}[l]
}

func (l lock) on(table string) string {
	if table == "" {
		return l.String()
	}
	return l.String() + " on " + table
}

// writesWait reports whether others cannot write meanwhile.
func (l lock) writesWait() bool { return l >= share && l != lockNone }
