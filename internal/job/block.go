package job

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Lines of what a job has printed that are shown if it fails.
const (
	usualLines = 10
	mostLines  = 50
)

var msgLines = rollout.Message{
	ID:   "job.lines",
	What: "log_lines is out of its range",
	Why:  "{value} is not between 0 and {most}.",
	Fix:  "Give how many of the last lines an error shows, or leave it out.",
	At:   "log_lines",
}

// Messages lists what blocks of several kinds say in the same words.
func Messages() []rollout.Message { return []rollout.Message{msgLines} }

// LogLines is the attribute log_lines: how many of the last lines of who an error
// shows. from says where they are read, as the beginning of a sentence.
func LogLines(who, from string) schema.Attribute {
	return schema.Int64Attribute{
		Optional: true,
		MarkdownDescription: "How many of the last lines that " + who + " has printed are shown in the error if it fails: 0 to 50, by default 10. " +
			from + " and shown as they are, so a job must not print what nobody may see.",
	}
}

// ReadLogLines reads the attribute, and adds what is wrong with it to problems. What
// is not known is not wrong.
func ReadLogLines(v types.Int64, problems *[]rollout.Problem) int {
	if v.IsNull() || v.IsUnknown() {
		return usualLines
	}
	if n := v.ValueInt64(); n < 0 || n > mostLines {
		*problems = append(*problems, msgLines.With("value", n, "most", mostLines))
	}
	return int(v.ValueInt64())
}
