//! From a file to data that are ready for training, at three sizes; and from the store the second
//! time. Without `--quick` also ten million interactions of half a million users; `--test` works on
//! the smallest file once.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::path::Path;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use prefsweep::data::{Prepared, obtain};
use prefsweep::sweep::peak_memory_mib;
use prefsweep_datasets::DatasetConfig;
use prefsweep_datasets::random::stream;
use prefsweep_store::Store;
use rand::RngExt;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MAX_LEN: usize = 50;
/// As in MovieLens and Amazon: far fewer items than users, the first of them popular.
const INTERACTIONS_PER_USER: usize = 20;
const INTERACTIONS_PER_ITEM: usize = 200;

/// A CSV of interactions in no order.
fn write_rows(path: &Path, interactions: usize) {
    let (users, items) =
        (interactions / INTERACTIONS_PER_USER, interactions / INTERACTIONS_PER_ITEM);
    let mut random = stream(1, "bench", &[interactions as u64]);
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    writeln!(file, "user,item,timestamp").expect("space");
    for _ in 0..interactions {
        let user = random.random_range(0..users);
        let popular: f64 = random.random_range(0.0..1.0);
        let item = (popular * popular * items as f64) as usize;
        let time = random.random_range(1_000_000_000_u64..1_700_000_000);
        writeln!(file, "u{user},{item},{time}").expect("space");
    }
    file.flush().expect("space");
}

fn config() -> DatasetConfig {
    let text = "
name: file
k_core: 5
file:
  path: rows.csv
  format: {table: {user: user, item: item, timestamp: timestamp}}";
    serde_saphyr::from_str(text).expect("a configuration")
}

fn data(criterion: &mut Criterion) {
    let asked = |word: &str| std::env::args().any(|argument| argument == word);
    let sizes: &[usize] = match (asked("--test"), asked("--quick")) {
        (true, _) => &[100_000],
        (false, true) => &[100_000, 1_000_000],
        (false, false) => &[100_000, 1_000_000, 10_000_000],
    };
    let mut group = criterion.benchmark_group("data");
    group.sample_size(10);
    for &size in sizes {
        let folder = tempfile::tempdir().expect("a folder");
        write_rows(&folder.path().join("rows.csv"), size);
        let load = || Prepared::load(&config(), folder.path(), MAX_LEN).expect("sound rows");
        group.bench_function(BenchmarkId::new("from_file", size), |bencher| {
            bencher.iter(|| black_box(load()));
        });
        let store = Store::open(&folder.path().join("store")).expect("a store");
        obtain(&store, &config(), folder.path()).expect("sound rows");
        group.bench_function(BenchmarkId::new("from_store", size), |bencher| {
            bencher.iter(|| {
                let obtained = obtain(&store, &config(), folder.path()).expect("a store");
                assert!(!obtained.was_read);
                black_box(obtained)
            });
        });
        if let Some(peak) = peak_memory_mib() {
            eprintln!("peak memory up to {size} interactions: {peak:.0} MiB\n");
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    // Its pictures would need a font of the system.
    config = Criterion::default().without_plots();
    targets = data
}
criterion_main!(benches);
