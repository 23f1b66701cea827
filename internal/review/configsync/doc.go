// Package configsync reads where an app's settings are declared, and says which
// that it needs are missing somewhere.
//
// A place is a file that declares settings: a list such as .env.example, a
// workflow of GitHub Actions, a build of Cloud Build, a Compose file, or what
// runs. Names are read there and nothing else: no value is kept or shown.
//
//	.env.example      KEY=
//	cloudbuild.yaml   gcloud run deploy api --set-env-vars=KEY=$_KEY
//	deploy.yml        gcloud builds submit --substitutions=_KEY=${{ secrets.KEY }}
//
// A verdict has three values. What a program would have to run to know (a file of
// variables, the output of a command, a script, an action of one's own) is not
// guessed at: whatever is not seen beside it is unknown, and not missing.
//
// YAML is read as a tree with lines, shell by the parser of a shell, with the
// expressions of GitHub Actions taken out before, since they are no shell.
//
// # What is not seen
//
// Whether a secret of GitHub or a trigger's substitution exists, whether a value
// is right, and what a program reads that no list names.
package configsync
