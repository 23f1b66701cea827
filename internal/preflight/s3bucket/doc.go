// Package s3bucket is the preflight kind "s3_bucket": a bucket of S3 is there, in
// the region where it should be, keeps old versions if it has to, and holds what
// the revision looks for.
//
// A bucket's name says nothing of its region, so it is asked for anywhere: S3
// answers with the region that it is in, also where it refuses. What else is
// looked at is asked there. There is no call that could return what is in an
// object.
//
// # What it cannot do
//
// It does not know who may read and write: a requirement "iam_role" with allows
// asks that of a role. Who may not list a bucket gets the same answer for one that
// is somebody else's.
//
// # Where the rules come from
//
//   - HeadBucket, its codes and x-amz-bucket-region: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
//   - Requests to another region: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
//   - ListObjectsV2: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
//   - GetBucketVersioning, where nothing stands for never: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
//   - Names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
//   - Permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
package s3bucket
