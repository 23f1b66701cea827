package rollout

// Point is where the way home of a rollout ends: the point of no return. From
// there on traffic stays where it is, whatever fails, because who served before
// may not be able to serve any more.
type Point int

// The points, each before the one above it.
const (
	NoPoint      Point = iota // the way home stays open
	AtPromotion               // once the candidate has all traffic
	AtFirstShare              // once the candidate has any
)

// Closes reports whether a candidate with this share is beyond the point.
func (p Point) Closes(w Weight) bool {
	switch p {
	case AtPromotion:
		return w >= Whole
	case AtFirstShare:
		return w > 0
	case NoPoint:
	}
	return false
}

// WayBack is what is known of the way home of a rollout.
type WayBack struct {
	Ends Point
	Why  string // "" where it does not end
	// Unsure: another look may find something else, so a plan promises nothing.
	Unsure bool
}

// And joins what two say: the earlier end holds.
func (w WayBack) And(other WayBack) WayBack {
	why := w.Why
	if why != "" && other.Why != "" {
		why += "; "
	}
	return WayBack{Ends: max(w.Ends, other.Ends), Why: why + other.Why, Unsure: w.Unsure || other.Unsure}
}
