#!/usr/bin/env bash
# Starts an image as a cluster would, unprivileged and with a read-only root, and asks it for a report: image.sh ARCHIVE [LIBRARIES]
#
# Namespaces and chroot stand for a container runtime, which needs more of a machine than a build has. Needs root. LIBRARIES is a
# folder for /opt, for a binary that is not linked with the Swift runtime.
set -euo pipefail
archive=$(realpath "$1") libraries=${2:-}
work=$(mktemp -d)
storage=(--storage-driver vfs --root "$work/storage" --runroot "$work/run")
port=18080 server=
stop() {
    # Its shell may be around it.
    [[ -z $server ]] || { pkill -TERM -P "$server"; kill "$server"; } 2>/dev/null || true
    wait 2>/dev/null || true
    buildah "${storage[@]}" rm --all >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap stop EXIT

container=$(buildah "${storage[@]}" from --quiet "oci-archive:$archive")
root=$(buildah "${storage[@]}" mount "$container")
# What the image says of itself: user, environment, command.
setting() { buildah "${storage[@]}" inspect --format "{{range .OCIv1.Config.$1}}{{println .}}{{end}}" "$container"; }
user=$(buildah "${storage[@]}" inspect --format '{{.OCIv1.Config.User}}' "$container")
[[ $user == 10001:10001 ]] || { echo "the image runs as $user"; exit 1; }
mapfile -t environment < <(setting Env | grep .)
mapfile -t command < <({ setting Entrypoint; setting Cmd; } | grep .)
[[ ${command[*]} == "/usr/bin/waybill serve --listen 0.0.0.0:8080" ]] || { echo "the image runs ${command[*]}"; exit 1; }
mkdir "$work/data"
chown 10001:10001 "$work/data"

# Runs a command in the image with a root of its own that cannot be written, and no privilege.
inside() (
    export ROOT=$root DATA=$work/data LIBRARIES=$libraries
    # shellcheck disable=SC2016 # The inner shell knows these.
    exec unshare --mount bash -c '
        mount --bind "$ROOT" "$ROOT"
        mount --bind "$DATA" "$ROOT/var/lib/waybill"
        mount -t proc proc "$ROOT/proc"
        mount -t tmpfs tmpfs "$ROOT/tmp"
        mount --rbind /dev "$ROOT/dev"
        [[ -z $LIBRARIES ]] || mount --bind "$LIBRARIES" "$ROOT/opt"
        mount -o remount,bind,ro "$ROOT"
        exec chroot "$ROOT" /usr/bin/env -i "$@"' -- "${environment[@]}" ${libraries:+LD_LIBRARY_PATH=/opt} \
        setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
)
inside "${command[@]:0:2}" --listen "127.0.0.1:$port" > "$work/log" 2>&1 &
server=$!
for _ in $(seq 60); do curl -sf "http://127.0.0.1:$port/health/ready" >/dev/null && break; sleep 1; done

member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
inside waybill init --organization Acme --email you@example.org --json > "$work/init.json"
key=$(member userKey < "$work/init.json") organization=$(member orgToken < "$work/init.json")
inside waybill import sbom /usr/share/waybill/Examples/sboms --product Shop
call() {
    curl -sS "http://127.0.0.1:$port/api/v1.4" -H 'Content-Type: application/json' \
        -d "{\"userKey\":\"$key\",\"orgToken\":\"$organization\",$1}"
}
report=$(call '"requestType":"generateOrganizationReportAsync","reportType":"OrgInventoryReport","format":"pdf"' | member uuid)
for _ in $(seq 60); do
    status=$(call "\"requestType\":\"getAsyncProcessStatus\",\"uuid\":\"$report\"" | member status)
    [[ $status == SUCCESS || $status == FAILED ]] && break
    sleep 1
done
call "\"requestType\":\"downloadAsyncReport\",\"reportStatusUUID\":\"$report\"" > "$work/report.zip"
unzip -tqq "$work/report.zip" || { cat "$work/log"; exit 1; }
# A text of each script prints as such, not as boxes.
fonts=$(inside waybill doctor 2>/dev/null | grep -F ' fonts: ' || true)
[[ $fonts == ok* ]] || { echo "the image's fonts: $fonts"; exit 1; }
! inside touch /etc/here 2>/dev/null || { echo "the root can be written"; exit 1; }
echo "$status: a PDF in a ZIP of $(stat -c %s "$work/report.zip") bytes, from $user with a read-only root"
