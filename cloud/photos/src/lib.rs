//! Photos: what is sent is drawn anew as JPEG in a few widths, so that neither a file's metadata (where it was taken,
//! with what) nor anything hidden in it is ever served. And the words and the form's field for sending one.
//!
//! **Invariant:** nothing of a file that was sent is kept: a print is made of its pixels.
//!
//! Driven by the modules that take photos, which keep the prints in tables of their own.

use std::io::Cursor;
use std::sync::Arc;

use cloud_ui::{Lang, t};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use tokio::sync::Semaphore;

/// What is taken at most: a phone's largest photo has ten megabytes, and a form has some bytes more.
pub const UPLOAD_BYTES_MAX: usize = 12 * 1024 * 1024;
/// The longest side, and all of it: a phone's largest photo has fifty megapixels. A file of a few kilobytes can claim
/// many more, and would take the machine's memory.
const SIDE_PX_MAX: u32 = 12_000;
const PIXELS_MAX: u64 = 50_000_000;
/// What a decoder may take beside the picture itself.
const ALLOC_BYTES_MAX: u64 = 400 * 1024 * 1024;
/// The widths that are kept: a phone, a phone of many pixels, a wide screen.
const WIDTHS_PX: [u32; 3] = [480, 960, 1600];
/// Nothing is seen of the difference above it.
const QUALITY: u8 = 82;
/// Photos that are drawn at once: each takes a core and some hundred megabytes for a second.
const AT_ONCE: usize = 2;

/// Why a file becomes no photo.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PhotoError {
    /// Neither JPEG, PNG nor WebP, whatever its name says.
    #[error("neither JPEG, PNG nor WebP")]
    Kind,
    /// Too wide, too high, or too much of both.
    #[error("more than 50 megapixels")]
    Pixels,
    /// It begins as a photo and is none.
    #[error("damaged")]
    Damaged,
    /// Too many at once.
    #[error("too many at once")]
    Busy,
    /// More bytes than [`UPLOAD_BYTES_MAX`], so that it was not read to its end.
    #[error("too many bytes")]
    Bytes,
}

impl PhotoError {
    /// As it stands beside the field of the file.
    pub fn words(self, lang: Lang) -> String {
        match self {
            Self::Kind => t(lang, "photos-kind", &[]),
            Self::Pixels => t(lang, "photos-pixels", &[]),
            Self::Damaged => t(lang, "photos-damaged", &[]),
            Self::Busy => t(lang, "photos-busy", &[]),
            Self::Bytes => {
                let megabytes = UPLOAD_BYTES_MAX / (1024 * 1024);
                t(lang, "photos-too-large", &[("most", &megabytes)])
            }
        }
    }
}

/// A photo in one width.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Print {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The file.
    pub jpeg: Vec<u8>,
}

/// Where photos are drawn, a few at once.
#[derive(Clone, Debug)]
pub struct Studio(Arc<Semaphore>);

impl Default for Studio {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Studio {
    /// Draws it on a thread of its own.
    pub async fn develop(&self, bytes: Vec<u8>) -> Result<Vec<Print>, PhotoError> {
        let permit = Arc::clone(&self.0).try_acquire_owned().map_err(|_| PhotoError::Busy)?;
        let drawn = tokio::task::spawn_blocking(move || {
            let prints = develop(&bytes);
            drop(permit);
            prints
        });
        drawn.await.unwrap_or(Err(PhotoError::Damaged))
    }
}

fn develop(bytes: &[u8]) -> Result<Vec<Print>, PhotoError> {
    // By its first bytes, never by its name.
    let format = image::guess_format(bytes).map_err(|_| PhotoError::Kind)?;
    if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) {
        return Err(PhotoError::Kind);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_PX_MAX);
    limits.max_image_height = Some(SIDE_PX_MAX);
    limits.max_alloc = Some(ALLOC_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let refusal = |error: image::ImageError| match error {
        image::ImageError::Limits(_) => PhotoError::Pixels,
        _ => PhotoError::Damaged,
    };
    let mut decoder = reader.into_decoder().map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(PhotoError::Pixels);
    }
    // A phone writes how it was held into the metadata, which is lost.
    let orientation = decoder.orientation().map_err(refusal)?;
    let mut photo = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    photo.apply_orientation(orientation);
    let photo = on_white(photo);
    let mut widths: Vec<u32> = WIDTHS_PX.into_iter().filter(|width| *width < photo.width()).collect();
    widths.push(photo.width().min(WIDTHS_PX[WIDTHS_PX.len() - 1]));
    widths.dedup();
    widths.into_iter().map(|width| print(&photo, width)).collect()
}

/// JPEG knows no transparency.
fn on_white(photo: DynamicImage) -> RgbImage {
    if !photo.color().has_alpha() {
        return photo.into_rgb8();
    }
    let photo = photo.into_rgba8();
    RgbImage::from_fn(photo.width(), photo.height(), |x, y| {
        let [red, green, blue, alpha] = photo.get_pixel(x, y).0;
        let over = |colour: u8| {
            let (colour, alpha) = (u16::from(colour), u16::from(alpha));
            u8::try_from((colour * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
        };
        Rgb([over(red), over(green), over(blue)])
    })
}

fn print(photo: &RgbImage, width: u32) -> Result<Print, PhotoError> {
    let height = u64::from(photo.height()) * u64::from(width) / u64::from(photo.width().max(1));
    let height = u32::try_from(height).unwrap_or(1).max(1);
    let resized = if width == photo.width() {
        None
    } else {
        Some(image::imageops::resize(photo, width, height, FilterType::CatmullRom))
    };
    let mut jpeg = Vec::new();
    let drawn = resized.as_ref().unwrap_or(photo);
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(drawn).map_err(|_| PhotoError::Damaged)?;
    Ok(Print { width: drawn.width(), height: drawn.height(), jpeg })
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder};

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let pixels = vec![128; usize::try_from(width * height * 3).unwrap()];
        image::codecs::png::PngEncoder::new(&mut bytes)
            .write_image(&pixels, width, height, ExtendedColorType::Rgb8)
            .unwrap();
        bytes
    }

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        JpegEncoder::new(&mut bytes).encode_image(&RgbImage::new(width, height)).unwrap();
        bytes
    }

    /// A JPEG with where and how it was taken in front of the picture: an APP1 segment, orientation 6 (a quarter turn).
    fn with_metadata(jpeg: &[u8]) -> Vec<u8> {
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(b"GPS 59.48 18.30");
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let mut file = jpeg[..2].to_vec();
        file.extend_from_slice(&[0xff, 0xe1]);
        file.extend_from_slice(&length);
        file.extend_from_slice(&exif);
        file.extend_from_slice(&jpeg[2..]);
        file
    }

    #[test]
    fn a_photo_is_kept_in_a_few_widths_and_never_made_larger() {
        let widths = |bytes: &[u8]| -> Vec<(u32, u32)> {
            develop(bytes).unwrap().iter().map(|print| (print.width, print.height)).collect()
        };
        assert_eq!(widths(&png(2000, 1000)), [(480, 240), (960, 480), (1600, 800)]);
        assert_eq!(widths(&png(600, 300)), [(480, 240), (600, 300)]);
        assert_eq!(widths(&png(100, 50)), [(100, 50)]);
        assert_eq!(widths(&png(1600, 3)), [(480, 1), (960, 1), (1600, 3)]);
    }

    #[test]
    fn metadata_is_gone_and_what_it_says_of_the_cameras_turn_is_done() {
        let file = with_metadata(&jpeg(200, 100));
        assert!(file.windows(3).any(|bytes| bytes == b"GPS"));
        let prints = develop(&file).unwrap();
        assert_eq!((prints[0].width, prints[0].height), (100, 200), "turned");
        assert!(!prints[0].jpeg.windows(3).any(|bytes| bytes == b"GPS"));
        assert!(!prints[0].jpeg.windows(4).any(|bytes| bytes == b"Exif"));
    }

    #[test]
    fn a_file_that_claims_many_pixels_is_refused_before_it_takes_memory() {
        // The head of a PNG says its size: 60 000 by 60 000 in a file of some bytes.
        let mut bomb = png(10, 10);
        bomb[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        assert!(matches!(develop(&bomb), Err(PhotoError::Pixels | PhotoError::Damaged)));
        let mut sum = png(10, 10);
        sum[16..20].copy_from_slice(&11_000_u32.to_be_bytes());
        sum[20..24].copy_from_slice(&11_000_u32.to_be_bytes());
        assert!(matches!(develop(&sum), Err(PhotoError::Pixels | PhotoError::Damaged)));
        // One that is whole, with its checksum: long and thin.
        assert_eq!(develop(&png(12_001, 1)), Err(PhotoError::Pixels));
    }

    #[test]
    fn what_is_no_photo_is_refused_whatever_it_is_called() {
        for file in [
            &b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"[..],
            b"GIF89a\x01\0\x01\0\0\0\0;",
            b"%PDF-1.7",
            b"MZ",
            b"",
        ] {
            assert_eq!(develop(file), Err(PhotoError::Kind));
        }
        let whole = jpeg(50, 50);
        assert_eq!(develop(&whole[..20]), Err(PhotoError::Damaged));
        assert_eq!(develop(&png(50, 50)[..40]), Err(PhotoError::Damaged));
    }

    #[test]
    fn what_is_transparent_becomes_white() {
        let clear = DynamicImage::new_rgba8(2, 2);
        assert!(on_white(clear).pixels().all(|pixel| pixel.0 == [255, 255, 255]));
    }

    #[tokio::test]
    async fn a_third_photo_at_once_is_asked_to_come_again() {
        let studio = Studio::default();
        let _all = studio.0.try_acquire_many(2).unwrap();
        assert_eq!(studio.develop(png(10, 10)).await, Err(PhotoError::Busy));
    }
}
