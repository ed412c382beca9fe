using System.Globalization;
using System.Text;

namespace ActorDcp.Protocol.Sasl;

/// <summary>
/// SASLprep (RFC 4013) of user names and passwords: exotic spaces become spaces, invisible characters vanish, compatibility forms are
/// unified (NFKC), and control characters and their like are refused. Two limits: the rule on mixed writing directions is not
/// checked, and a program that runs with invariant globalization has no NFKC, so there a name has to be given in its unified form.
/// </summary>
public static class SaslPrep
{
    /// <summary>The UTF-8 of the prepared text.</summary>
    /// <exception cref="ArgumentException">It holds a prohibited character. The message does not repeat it.</exception>
    public static byte[] Prepare(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!Ascii.IsValid(text))
            text = Unify(text);
        foreach (var rune in text.EnumerateRunes())
            if (IsProhibited(rune))
                throw new ArgumentException("a user name or password holds a character that SASLprep (RFC 4013) prohibits", nameof(text));
        return Encoding.UTF8.GetBytes(text);
    }

    private static string Unify(string text)
    {
        var mapped = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])))
                throw new ArgumentException("a user name or password is not well-formed Unicode", nameof(text));
            if (char.IsSurrogate(text[i]))
                mapped.Append(text[i++]).Append(text[i]);
            else if (IsSpace(text[i]))
                mapped.Append(' ');
            else if (!IsMappedToNothing(text[i]))
                mapped.Append(text[i]);
        }
        return mapped.ToString().Normalize(NormalizationForm.FormKC);
    }

    // RFC 3454, C.1.2, without the zero-width space, which B.1 drops
    private static bool IsSpace(char character) =>
        character is '\u00a0' or '\u1680' or (>= '\u2000' and <= '\u200a') or '\u202f' or '\u205f' or '\u3000';

    // RFC 3454, B.1
    private static bool IsMappedToNothing(char character) =>
        character is '\u00ad' or '\u034f' or '\u1806' or (>= '\u180b' and <= '\u180d') or (>= '\u200b' and <= '\u200d') or '\u2060'
            or (>= '\ufe00' and <= '\ufe0f') or '\ufeff';

    // RFC 3454, C.2 to C.9
    private static bool IsProhibited(Rune rune) => rune.Value switch
    {
        < 0x20 or (>= 0x7f and <= 0x9f) => true,
        0x06dd or 0x070f or 0x180e or 0x0340 or 0x0341 => true,
        0x200e or 0x200f or (>= 0x2028 and <= 0x202e) or (>= 0x2061 and <= 0x2063) or (>= 0x206a and <= 0x206f) => true,
        >= 0x2ff0 and <= 0x2ffb => true,
        (>= 0xfff9 and <= 0xfffd) or (>= 0xfdd0 and <= 0xfdef) => true,
        (>= 0x1d173 and <= 0x1d17a) or 0xe0001 or (>= 0xe0020 and <= 0xe007f) => true,
        var value when (value & 0xfffe) == 0xfffe => true,
        _ => Rune.GetUnicodeCategory(rune) == UnicodeCategory.PrivateUse,
    };
}
