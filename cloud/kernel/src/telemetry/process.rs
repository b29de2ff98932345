//! What Linux says of this process (proc(5)).

use jiff::Timestamp;

use super::figures;

/// Clock ticks in a second, as user space sees them: 100 on every Linux (`sysconf(_SC_CLK_TCK)`, time(7)).
const TICKS_PER_SECOND: u64 = 100;

/// Sets what `/proc/self` tells; what cannot be read stays as it was.
pub(super) fn measure() {
    if let Some(ticks) = read("/proc/self/stat").as_deref().and_then(cpu_ticks) {
        figures::PROCESS_CPU.reached(&[], ticks / TICKS_PER_SECOND);
    }
    if let Some(kib) = read("/proc/self/status").as_deref().and_then(resident_kib) {
        figures::PROCESS_MEMORY.set(&[], kib * 1024.0);
    }
    if let Ok(entries) = std::fs::read_dir("/proc/self/fd") {
        figures::PROCESS_FDS.set(&[], entries.fold(0.0, |count, _| count + 1.0));
    }
    if let Some(most) = read("/proc/self/limits").as_deref().and_then(open_files_max) {
        figures::PROCESS_FDS_MAX.set(&[], most);
    }
}

/// What stays the same for as long as the process runs.
pub(super) fn introduce(program: &str, started: Timestamp) {
    figures::BUILD.set(&[program, super::VERSION], 1.0);
    figures::PROCESS_STARTED.set(&[], started.as_duration().as_secs_f64());
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// User and system time: the 14th and 15th field. The second, the program's name, may hold blanks.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

fn resident_kib(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

fn open_files_max(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        let stat = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1";
        assert_eq!(cpu_ticks(stat), Some(300));
        assert_eq!(resident_kib("Name:\tx\nVmRSS:\t  1234 kB\n"), Some(1234.0));
        assert_eq!(
            open_files_max("Limit Soft Hard\nMax open files            1024   4096 files\n"),
            Some(1024.0)
        );
        assert_eq!(cpu_ticks("nonsense"), None);
        assert!(read("/proc/self/stat").as_deref().and_then(cpu_ticks).is_some(), "this process");
    }
}
