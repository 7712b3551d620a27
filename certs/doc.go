// Package certs provides the certificate that the webhook serves.
//
// [Files] serves what cert-manager, or a person, keeps in a directory.
// [Embedded] needs nobody: it keeps a certificate authority in a Secret, and
// every replica signs its own short-lived serving certificate from it.
//
// # Why not a library
//
// The bar is no failed call across a rotation, by any replica, without a leader
// and without a restart. Two libraries were read for it:
//
//   - open-policy-agent/cert-controller keeps one CA and one serving certificate
//     in a Secret that pods mount. It replaces the CA in Secret and caBundle at
//     once, while kubelets bring the new files a minute or more later; for that
//     long API servers refuse the old certificate. It needs the Secret to exist,
//     and a leader or a race.
//   - cert-manager's pkg/server/tls (DynamicAuthority and DynamicSource) signs in
//     memory from a Secret without a leader, which is the idea followed here. But
//     it overwrites its only CA and signs by the new one before any caBundle can
//     carry it; the caBundle is left to cainjector; and its clock is the wall's.
//
// # How a CA rotates
//
// Several authorities live side by side in the Secret; the caBundle is all of
// them. A new one is made at two thirds of the last one's life. It is published
// first, and signs only after every webhook in both live configurations has
// carried it for [Durations.Propagation], which is how long API servers may take
// to notice. The old one stays in the caBundle until it expires, and no serving
// certificate outlives its authority. So whatever certificate any replica
// serves, every caBundle that any API server may still hold vouches for it. A
// property test holds the rotation to that sentence.
//
// An authority that is in a live caBundle but not in the Secret (the Secret was
// deleted, or cert-manager managed it until now) is not thrown out at once
// either: somebody may still serve by it. It is kept for one lifetime of a
// serving certificate.
package certs
