# METADATA
# title: What every rule and library has in common
# description: |
#   Judges the Rego of this folder by what the parser reads of it. The input is a list of files:
#
#       {"path", "package", "annotations": {"title", "description", "schemas", "custom"}, "names"}
#
#   with a folder's other files in "beside".
# schemas:
#   - input: {type: object}
package inshore.conventions

violation contains _says(file, "its package should be %s", [wanted]) if {
	some file in input.files
	folder := regex.replace(file.path, `/[^/]*$`, "")
	wanted := sprintf("inshore.%s", [replace(folder, "/", ".")])
	file.package != wanted
}

violation contains _says(file, "its name should be that of its folder, %s.rego", [_folder(file)]) if {
	some file in input.files
	not endswith(file.path, sprintf("/%s/%s.rego", [_folder(file), _folder(file)]))
}

violation contains _says(file, "METADATA of its package has no %s", [member]) if {
	some file in input.files
	some member in {"title", "schemas"}
	not _has(file, member)
}

violation contains _says(file, "there is no %s beside it", [wanted]) if {
	some file in input.files
	some wanted in _neighbours(file)
	not wanted in file.beside
}

violation contains _says(file, "METADATA has no description", []) if {
	some file in _rules
	not _has(file, "description")
}

violation contains _says(file, "custom.%s is missing or not a text", [member]) if {
	some file in _rules
	some member in {"id", "severity", "message", "remedy", "since"}
	not is_string(object.get(_custom(file), member, null))
}

# `inshore native` renders what CEL can say, and tells why it leaves the rest out.
violation contains _says(file, "there is neither a native.cel.yaml beside it nor a custom.native that says why not", []) if {
	some file in _rules
	not "native.cel.yaml" in file.beside
	not is_string(object.get(_custom(file), "native", null))
}

violation contains _says(file, "there is a native.cel.yaml beside it, and custom.native says why not", []) if {
	some file in _rules
	"native.cel.yaml" in file.beside
	_custom(file).native
}

violation contains _says(file, "custom.id %s does not match %s", [_custom(file).id, wanted]) if {
	some file in _rules
	some folder, digit in {"service": "1", "daemonset": "2", "relation": "3"}
	startswith(file.path, sprintf("rules/%s/", [folder]))
	wanted := sprintf(`^ISH%s\d\d$`, [digit])
	not regex.match(wanted, _custom(file).id)
}

violation contains _says(file, "custom.id %s is also that of %s", [_custom(file).id, other.path]) if {
	some file in _rules
	some other in _rules
	file.path != other.path
	_custom(file).id == _custom(other).id
}

violation contains _says(file, "custom.severity is %s, not error or warning", [severity]) if {
	some file in _rules
	severity := _custom(file).severity
	not severity in {"error", "warning"}
}

violation contains _says(file, "custom.since is %s, not a release like v0.1.0", [since]) if {
	some file in _rules
	since := _custom(file).since
	not regex.match(`^v\d+\.\d+\.\d+$`, since)
}

violation contains _says(file, "custom.kinds has %v; allowed are DaemonSet and Service", [kind]) if {
	some file in _rules
	some kind in _custom(file).kinds
	not kind in {"DaemonSet", "Service"}
}

violation contains _says(file, "custom.kinds is missing", []) if {
	some file in _rules
	count(object.get(_custom(file), "kinds", [])) == 0
}

violation contains _says(file, "custom.message does not name the {object}", []) if {
	some file in _rules
	not contains(_custom(file).message, "{object}")
}

# kubectl shows the first 256 bytes of a warning, its id, field and object
# included.
violation contains _says(file, "custom.message has %d characters; at most 160 are shown", [length]) if {
	some file in _rules
	length := count(_custom(file).message)
	length > 160
}

violation contains _says(file, "its title ends with a full stop", []) if {
	some file in input.files
	endswith(file.annotations.title, ".")
}

violation contains _says(file, "custom.%s is not a sentence: it lacks a full stop", [member]) if {
	some file in _rules
	some member in {"message", "remedy"}
	not endswith(trim_space(_custom(file)[member]), ".")
}

violation contains _says(file, "%s is neither violation nor private (_%s)", [name, name]) if {
	some file in _rules
	some name in file.names
	name != "violation"
	not startswith(name, "_")
}

_rules contains file if {
	some file in input.files
	startswith(file.path, "rules/")
}

_neighbours(file) := {_test(file), "bad.yaml", "good.yaml"} if file in _rules

_neighbours(file) := {_test(file)} if not file in _rules

_test(file) := sprintf("%s_test.rego", [_folder(file)])

_folder(file) := path[count(path) - 2] if path := split(file.path, "/")

_has(file, member) if count(object.get(file, ["annotations", member], "")) > 0

_custom(file) := object.get(file, ["annotations", "custom"], {})

_says(file, message, values) := sprintf("%s: %s", [file.path, sprintf(message, values)])
