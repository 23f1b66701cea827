package sandbox

import (
	"fmt"

	"cloud.google.com/go/run/apiv2/runpb"
)

// CreateJob makes a job, unseen by Calls and untouched by faults. change may be nil.
func (s *Sandbox) CreateJob(name, image string, change func(*runpb.Job)) error {
	j := &runpb.Job{Template: &runpb.ExecutionTemplate{Template: &runpb.TaskTemplate{Containers: []*runpb.Container{{Image: image}}}}}
	if change != nil {
		change(j)
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if _, err := s.store.createJobLocked(name, j, false); err != nil {
		return fmt.Errorf("create job %s: %w", name, err)
	}
	return nil
}

// SetJobImage is a foreign writer: the job runs another image from now on.
func (s *Sandbox) SetJobImage(name, image string) error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	j, err := s.store.findJobLocked(name)
	if err != nil {
		return fmt.Errorf("set the image of job %s: %w", name, err)
	}
	want := cloneOf(j.want)
	want.Template.Template.Containers[0].Image = image
	s.store.takeJobLocked(j, want)
	return nil
}

// Executions are those of a job as v2 shows them, oldest first; none where there
// is no such job.
func (s *Sandbox) Executions(name string) []*runpb.Execution {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	j, err := s.store.findJobLocked(name)
	if err != nil {
		return nil
	}
	var out []*runpb.Execution
	for _, x := range j.runs {
		out = append(out, s.store.executionLocked(x))
	}
	return out
}
