// Package oci moves bundles into registries and out of them: an OCI artifact
// with the bundle (.tar.gz) as its one layer, in a registry or in a folder that
// is laid out as one (OCI image layout).
//
// The artifact is what OPA itself downloads (its `oci` services): a manifest
// with an image configuration and one layer of type
// application/vnd.oci.image.layer.v1.tar+gzip. A signature inside the bundle
// goes along; the registry is not trusted.
package oci
