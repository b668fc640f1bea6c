//! WAV files made by hand, right ones and wrong ones. (`hound` makes only right ones.)

/// A chunk: four letters, and what is in it.
pub(crate) type Chunk<'a> = (&'a [u8; 4], Vec<u8>);

/// `fmt `: a format tag, channels, frames a second, bits in a sample.
pub(crate) fn format(tag: u16, channels: u16, sample_rate: u32, bits: u16) -> Vec<u8> {
    let align = channels.wrapping_mul(bits / 8);
    let mut bytes = Vec::new();
    bytes.extend(tag.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(sample_rate.to_le_bytes());
    bytes.extend(sample_rate.wrapping_mul(align.into()).to_le_bytes());
    bytes.extend(align.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes
}

/// `fmt ` of 16-bit PCM at 48 kHz.
pub(crate) fn pcm(channels: u16) -> Vec<u8> {
    format(1, channels, 48_000, 16)
}

/// `fmt ` as `WAVE_FORMAT_EXTENSIBLE`, with that tag in its sub-format.
pub(crate) fn extensible(tag: u16, channels: u16, bits: u16) -> Vec<u8> {
    let mut bytes = format(0xFFFE, channels, 48_000, bits);
    bytes.extend(22_u16.to_le_bytes()); // what follows
    bytes.extend(bits.to_le_bytes()); // of which are valid
    bytes.extend(0_u32.to_le_bytes()); // speakers: not said
    bytes.extend(tag.to_le_bytes());
    bytes.extend([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
    bytes
}

/// `data`: the samples.
pub(crate) fn bytes_of(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// A file of chunks, each with its true length.
pub(crate) fn file(chunks: &[Chunk<'_>]) -> Vec<u8> {
    let mut body = b"WAVE".to_vec();
    for (id, bytes) in chunks {
        body.extend(*id);
        body.extend(u32::try_from(bytes.len()).expect("a short chunk").to_le_bytes());
        body.extend(bytes);
        body.extend(vec![0; bytes.len() % 2]);
    }
    let mut file = b"RIFF".to_vec();
    file.extend(u32::try_from(body.len()).expect("a short file").to_le_bytes());
    file.extend(body);
    file
}

/// The simplest file: `fmt ` and `data`.
pub(crate) fn simple(channels: u16, samples: &[i16]) -> Vec<u8> {
    file(&[(b"fmt ", pcm(channels)), (b"data", bytes_of(samples))])
}

/// The file with another length in the chunk of that name.
pub(crate) fn claiming(mut file: Vec<u8>, id: &[u8; 4], length: u32) -> Vec<u8> {
    let at = file.windows(4).position(|window| window == id).expect("the chunk is there");
    file[at + 4..at + 8].copy_from_slice(&length.to_le_bytes());
    file
}
