// Package ecrimage is the preflight kind "ecr_image": an image is in its
// repository of Amazon ECR, asked of AWS itself and with the credentials of AWS.
//
// A digest names one image for good; a tag stands for another one after the next
// push, unless the repository's tags are immutable. So the digest that a tag
// stands for is told, and a tag that should be a certain digest is compared with
// it.
//
// # What it cannot do
//
// It reads no manifest, so it does not know for which platform the image is made.
// It does not know who may pull it.
//
// # Where the rules come from
//
//   - DescribeImages: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
//   - Addresses of registries: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
//   - Names of repositories: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
//   - Permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
package ecrimage
