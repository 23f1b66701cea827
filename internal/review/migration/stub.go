package migration

func mysqlColumnRules() []Rule            { return nil }
func mysqlTableRules() []Rule             { return nil }
func mysqlSessionRules() []Rule           { return nil }
func (r *review) mysql(string) (e effect) { return }
func (r *review) mysqlAround(*effect)     {}
