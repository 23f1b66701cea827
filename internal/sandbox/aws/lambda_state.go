package aws

// What happens to versions after they were published
// (https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html).

// BreakVersion makes a version that was Active fail, as one whose image or key has
// gone does.
func (s *Sandbox) BreakVersion(function, number, code, reason string) error {
	return s.changeVersion(function, number, func(v *version) {
		v.made = job{begun: true, over: true, fails: &Break{When: OnPublish, Code: code, Reason: reason}}
	})
}

// Idle makes a version Inactive: nobody has invoked it for weeks. The first
// invocation fails, and brings it back.
func (s *Sandbox) Idle(function, number string) error {
	return s.changeVersion(function, number, func(v *version) { v.idle = true })
}

func (s *Sandbox) changeVersion(function, number string, change func(*version)) error {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, err := s.seeded(function)
	if err != nil {
		return err
	}
	v, err := f.version(number)
	if err != nil {
		return err
	}
	change(v)
	v.revision = s.lambda.revision()
	return nil
}
