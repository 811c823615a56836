//! The kernels one by one on this machine: products for each storage type, with one token as in
//! decoding and with a chunk as in prefill, in the shapes of a model of 135M parameters.
//!
//! `cargo bench --bench kernels`

use candle_core::{
    Device, Tensor,
    quantized::{GgmlDType, QTensor},
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use half::f16;
use nearside::engine::{
    Kernels, PREFILL_CHUNK,
    kernels::{
        Activations,
        attention::{Heads, KeysValues, attend},
        rows,
    },
    matrix::Matrix,
};

const N_EMBD: usize = 768;
const N_FF: usize = 1536;

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect()
}

fn matrix(dtype: GgmlDType) -> Matrix {
    let values = Tensor::from_vec(numbers(N_FF * N_EMBD), (N_FF, N_EMBD), &Device::Cpu);
    let stored = QTensor::quantize(&values.expect("the shape fits"), dtype);
    let stored = stored.expect("candle quantises to this type");
    let bytes = stored.data().expect("it lies in memory");
    let row_bytes = bytes.len() / N_FF;
    let packed = Matrix::pack(dtype, N_FF, N_EMBD, |first, rows| {
        rows.copy_from_slice(&bytes[first * row_bytes..][..rows.len()]);
        Ok(())
    });
    packed.expect("there is memory")
}

fn products(c: &mut Criterion) {
    let kernels = Kernels::default();
    use GgmlDType::*;
    for n_tokens in [1, PREFILL_CHUNK] {
        let mut group = c.benchmark_group(format!("product with {n_tokens} tokens"));
        group.throughput(Throughput::Elements((n_tokens * N_FF * N_EMBD) as u64));
        for dtype in [F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2K, Q3K, Q4K, Q5K, Q6K] {
            let matrix = matrix(dtype);
            let x = numbers(n_tokens * N_EMBD);
            let mut y = vec![0.0; n_tokens * N_FF];
            group.bench_function(BenchmarkId::from_parameter(format!("{dtype:?}")), |b| {
                b.iter(|| matrix.multiply(&Activations::new(&x, N_EMBD), &mut y, &kernels));
            });
        }
    }
}

fn attention(c: &mut Criterion) {
    const CAPACITY: usize = 1024;
    let kernels = Kernels::default();
    let heads =
        Heads { n_heads: 9, n_kv_heads: 3, head_dim: 64, scale: 0.125, cap: None, window: None };
    let stored = vec![f16::from_f32(0.1); heads.n_kv_heads * CAPACITY * heads.head_dim];
    let cache = KeysValues { keys: &stored, values: &stored, capacity: CAPACITY };
    let mut group = c.benchmark_group("attention over 512 positions");
    for n_tokens in [1, PREFILL_CHUNK] {
        let queries = numbers(n_tokens * heads.n_heads * heads.head_dim);
        let mut mixed = vec![0.0; queries.len()];
        group.bench_function(BenchmarkId::from_parameter(n_tokens), |b| {
            b.iter(|| attend(heads, &cache, &queries, 512 - n_tokens..512, &mut mixed, &kernels));
        });
    }
}

fn passes(c: &mut Criterion) {
    let mut group = c.benchmark_group("pass over a chunk's rows");
    let x = numbers(PREFILL_CHUNK * N_EMBD);
    group.throughput(Throughput::Elements(x.len() as u64));
    let weight = vec![1.0; N_EMBD];
    let (mut y, isa) = (x.clone(), Kernels::default().isa());
    group.bench_function("rms norm", |b| b.iter(|| rows::rms_norm(&x, &weight, 1e-5, &mut y)));
    group.bench_function("swiglu", |b| b.iter(|| rows::swiglu(isa, &mut y, &x)));
    group.bench_function("gelu", |b| b.iter(|| rows::gelu(isa, &mut y, &x)));
    group.bench_function("softmax", |b| b.iter(|| rows::softmax(isa, &mut y, 0.1)));
}

criterion_group!(benches, products, attention, passes);
criterion_main!(benches);
