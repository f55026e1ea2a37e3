# sbom.bash - writes what is in a static binary, as SPDX 2.3 in JSON. Uses build-static's $file,
# $version, $output and pinned().

package() {
    printf '    {"SPDXID": "SPDXRef-%s", "name": "%s", "versionInfo": "%s", "licenseConcluded": "%s",\n' \
        "$1" "$1" "$2" "$3"
    printf '     "licenseDeclared": "%s", "copyrightText": "NOASSERTION", "filesAnalyzed": false,\n' "$3"
    printf '     "downloadLocation": "%s",\n     "checksums": [{"algorithm": "SHA256", "checksumValue": "%s"}]}' \
        "$5" "$4"
}

sum=$(cut -d' ' -f1 "$output/$file.sha256")
names=$(awk '!/^#/ && NF { print $1 }' "$here/packaging/static/sources")
cat <<SPDX
{
  "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
  "name": "$file", "documentNamespace": "https://spdx.org/spdxdocs/$file-$sum",
  "creationInfo": {
    "created": "$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)",
    "creators": ["Tool: build-static"]
  },
  "packages": [
SPDX
package withlock "$version" MIT "$sum" NOASSERTION
for name in $names; do
    printf ',\n'
    package "$name" $(pinned "$name")
done
printf '\n  ],\n  "relationships": [\n'
printf '    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",\n'
printf '     "relatedSpdxElement": "SPDXRef-withlock"}'
for name in $names; do
    printf ',\n    {"spdxElementId": "SPDXRef-withlock", "relationshipType": "STATIC_LINK",\n'
    printf '     "relatedSpdxElement": "SPDXRef-%s"}' "$name"
done
printf '\n  ]\n}\n'
