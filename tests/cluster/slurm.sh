#!/usr/bin/env bash
# Starts and stops a SLURM cluster of several nodes on this machine, as root.
#
#   slurm.sh install            packages of Debian: slurm-wlm, munge
#   slurm.sh up FOLDER NODES    a cluster of NODES nodes; set SLURM_CONF=FOLDER/slurm.conf to use it
#   slurm.sh node FOLDER NAME   starts the daemon of a node again
#   slurm.sh kill FOLDER NAME   kills the daemon of a node and all its processes, as a power cut does
#   slurm.sh down FOLDER        stops all daemons
set -euo pipefail
command=$1
folder=${2:-}

install() {
    command -v slurmctld slurmd munged >/dev/null && return
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends slurm-wlm munge >/dev/null
}

write_configuration() {
    local host first
    host=$(hostname -s)
    first=$((20000 + RANDOM % 8000))
    cat >"$folder/slurm.conf" <<END
ClusterName=emulated
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$first
SlurmUser=root
AuthType=auth/munge
# A requeued job waits until its credential has expired.
AuthInfo=socket=$folder/munge/socket,cred_expire=10
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool_%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd_%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd_%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobRequeue=1
ReturnToService=2
SlurmdTimeout=15
KillWait=5
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
    # The nodes are this machine with a port each.
    for number in $(seq "$1"); do
        echo "NodeName=node$number NodeHostname=$host NodeAddr=127.0.0.1 Port=$((first + number)) CPUs=1" \
            >>"$folder/slurm.conf"
    done
}

up() {
    mkdir -p "$folder/munge" "$folder/state"
    chmod 700 "$folder/munge"
    head -c 64 /dev/urandom >"$folder/munge/key"
    chmod 400 "$folder/munge/key"
    write_configuration "$1"
    munged --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" \
        --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" 2>/dev/null
    slurmctld -c
    for number in $(seq "$1"); do
        slurmd -N "node$number"
    done
    for _ in $(seq 120); do
        [ "$(sinfo --Node --noheader --states=idle | wc -l)" = "$1" ] && return
        sleep 0.5
    done
    echo "The nodes are not idle:" >&2
    sinfo >&2
    exit 1
}

descendants() {
    local child
    for child in $(pgrep -P "$1"); do
        echo "$child"
        descendants "$child"
    done
}

# The daemon, the managers of its steps (slurmstepd), and their processes.
processes_of() {
    local parent
    cat "$folder/slurmd_$1.pid" 2>/dev/null || true
    # The manager has the log of its node open.
    for parent in $(pgrep slurmstepd || true); do
        if ls -l "/proc/$parent/fd" 2>/dev/null | grep -q "$folder/slurmd_$1.log"; then
            echo "$parent"
            descendants "$parent"
        fi
    done
}

down() {
    local file
    for file in "$folder"/slurmd_*.pid; do
        [ -e "$file" ] && kill_node "$(basename "${file#"$folder"/slurmd_}" .pid)"
    done
    for file in "$folder/slurmctld.pid" "$folder/munge/pid"; do
        [ -e "$file" ] && kill "$(cat "$file")" 2>/dev/null
    done
    true
}

kill_node() {
    local all
    all=$(processes_of "$1")
    # shellcheck disable=SC2086
    kill -9 $all 2>/dev/null || true
    rm -f "$folder/slurmd_$1.pid"
}

[ -z "$folder" ] || export SLURM_CONF=$folder/slurm.conf
case $command in
install) install ;;
up) up "$3" ;;
node) slurmd -N "$3" ;;
kill) kill_node "$3" ;;
down) down ;;
*) echo "unknown command: $command" >&2 && exit 2 ;;
esac
