// exp, log, the inverse normal and what a great circle needs, from + - * / and sqrt alone.
//
// IEEE 754 fixes those five to the last bit; libm's functions differ between C libraries and their
// versions, and a delay that differs by a nanosecond changes a trace hash. Accurate to 1e-12
// relative or better; the tests compare with std:: to 1e-9. For making tables, not for inner loops.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace byzlab::portable {

inline constexpr double kPi = 3.14159265358979323846;
inline constexpr double kLn2 = 0.69314718055994530942;

/// 2^k for |k| ≤ 1000.
inline double power_of_two(int k) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(1023 + k) << 52);
}

/// e^x; 0 below -690, and no more than e^690.
inline double exp(double x) {
  if (x < -690) return 0;
  if (x > 690) x = 690;
  const int k = static_cast<int>(x / kLn2 + (x < 0 ? -0.5 : 0.5));
  // ln 2 in two parts, so that k ln 2 is exact to well below the last bit of x.
  const double r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
  double sum = 1;
  for (int term = 18; term > 0; --term) sum = 1 + sum * r / term;
  return sum * power_of_two(k);
}

/// Natural logarithm of a normal x > 0.
inline double log(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFFull) | 0x3FF0000000000000ull);
  if (m > 1.4142135623730951) {
    m /= 2;
    ++exponent;
  }
  const double s = (m - 1) / (m + 1);  // log m = 2 artanh s, |s| < 0.172
  const double square = s * s;
  double sum = 0;
  for (int odd = 27; odd > 0; odd -= 2) sum = sum * square + 1.0 / odd;
  return 2 * s * sum + exponent * kLn2;
}

namespace detail {
inline double polynomial(const std::array<double, 8>& coefficients, double x) {
  double sum = 0;
  for (std::size_t i = coefficients.size(); i > 0; --i) sum = sum * x + coefficients[i - 1];
  return sum;
}
}  // namespace detail

/// The z below which a standard normal falls with probability p, 0 < p < 1. Wichura, algorithm AS
/// 241 (PPND16), Applied Statistics 37, 1988.
inline double inverse_normal(double p) {
  using detail::polynomial;
  static constexpr std::array<double, 8> a{3.3871328727963666080e0,  1.3314166789178437745e+2,
                                           1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                           4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                           3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr std::array<double, 8> b{1.0,
                                           4.2313330701600911252e+1,
                                           6.8718700749205790830e+2,
                                           5.3941960214247511077e+3,
                                           2.1213794301586595867e+4,
                                           3.9307895800092710610e+4,
                                           2.8729085735721942674e+4,
                                           5.2264952788528545610e+3};
  static constexpr std::array<double, 8> c{1.42343711074968357734e0,  4.63033784615654529590e0,
                                           5.76949722146069140550e0,  3.64784832476320460504e0,
                                           1.27045825245236838258e0,  2.41780725177450611770e-1,
                                           2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr std::array<double, 8> d{1.0,
                                           2.05319162663775882187e0,
                                           1.67638483018380384940e0,
                                           6.89767334985100004550e-1,
                                           1.48103976427480074590e-1,
                                           1.51986665636164571966e-2,
                                           5.47593808499534494600e-4,
                                           1.05075007164441684324e-9};
  static constexpr std::array<double, 8> e{6.65790464350110377720e0,  5.46378491116411436990e0,
                                           1.78482653991729133580e0,  2.96560571828504891230e-1,
                                           2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                           2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr std::array<double, 8> f{1.0,
                                           5.99832206555887937690e-1,
                                           1.36929880922735805310e-1,
                                           1.48753612908506148525e-2,
                                           7.86869131145613259100e-4,
                                           1.84631831751005468180e-5,
                                           1.42151175831644588870e-7,
                                           2.04426310338993978564e-15};

  const double q = p - 0.5;
  if (q > -0.425 && q < 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  double r = std::sqrt(-log(q < 0 ? p : 1 - p));
  double z;
  if (r <= 5) {
    r -= 1.6;
    z = polynomial(c, r) / polynomial(d, r);
  } else {
    r -= 5;
    z = polynomial(e, r) / polynomial(f, r);
  }
  return q < 0 ? -z : z;
}

/// sin x for |x| ≤ 4.
inline double sin(double x) {
  double term = x;
  double sum = x;
  for (int n = 2; n <= 40; n += 2) {
    term *= -x * x / (n * (n + 1.0));
    sum += term;
  }
  return sum;
}

/// cos x for |x| ≤ 4.
inline double cos(double x) {
  double term = 1;
  double sum = 1;
  for (int n = 1; n <= 39; n += 2) {
    term *= -x * x / (n * (n + 1.0));
    sum += term;
  }
  return sum;
}

/// The angle in [0, π/2] whose tangent is x ≥ 0.
inline double arctan(double x) {
  // tan(a / 2) = tan a / (1 + √(1 + tan² a)), three times: then x < 0.2 and the series is short.
  for (int i = 0; i < 3; ++i) x = x / (1 + std::sqrt(1 + x * x));
  double sum = 0;
  for (int odd = 31; odd > 0; odd -= 2) sum = 1.0 / odd - sum * x * x;
  return 8 * x * sum;
}

/// The angle at the centre between two places of a sphere, radians; latitudes and longitudes in
/// degrees.
inline double great_circle(double latitude1, double longitude1, double latitude2,
                           double longitude2) {
  constexpr double kDegree = kPi / 180;
  const double up = sin((latitude2 - latitude1) * kDegree / 2);
  const double across = sin((longitude2 - longitude1) * kDegree / 2);
  const double h = up * up + cos(latitude1 * kDegree) * cos(latitude2 * kDegree) * across * across;
  return h >= 1 ? kPi : 2 * arctan(std::sqrt(h / (1 - h)));
}

}  // namespace byzlab::portable
