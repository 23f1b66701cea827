// Package configsync is the preflight kind "config_sync", and the data source of
// that name: which of the settings that an app needs are declared where, and
// which are missing somewhere.
//
// Places are files, which package review/configsync reads, a list of names, or
// what runs: a service of Cloud Run
// (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/get)
// a function of Lambda
// (https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html),
// or a task definition of Amazon ECS
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html).
// Of those the names of environment variables are read. Lambda and ECS answer with
// values as well: the client of the one drops them, and of the other they are not
// decoded.
//
// What is missing, or comes from something that nobody supplies, fails. What cannot
// be known without running something is skipped, which is not a pass. What nobody
// needs is a warning.
package configsync
