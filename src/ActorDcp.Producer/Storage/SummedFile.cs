using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace ActorDcp.Producer.Storage;

/// <summary>
/// A small text file that is replaced whole and holds its own checksum, in hexadecimal on the last line. One without that line is
/// of an earlier version and taken as it is.
/// </summary>
internal static class SummedFile
{
    private const int SumLength = 1 + 16;

    /// <summary>What was written; null when there is no such file.</summary>
    /// <exception cref="IOException">The file is damaged.</exception>
    public static byte[]? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length < SumLength || bytes[^SumLength] != (byte)'\n')
            return bytes;
        var text = bytes.AsSpan(0, bytes.Length - SumLength);
        var sum = Encoding.ASCII.GetString(bytes.AsSpan(bytes.Length - SumLength + 1));
        if (!ulong.TryParse(sum, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var kept) || kept != XxHash3.HashToUInt64(text))
            throw new IOException($"'{path}' is damaged: its checksum is not that of what it holds; bring the folder back from a copy");
        return text.ToArray();
    }

    /// <summary>Puts a text in the place of what is there, whole or not at all. It is durable when this returns.</summary>
    /// <exception cref="IOException">It cannot be written; what was there stays.</exception>
    public static void Write(string path, ReadOnlySpan<byte> text)
    {
        var draft = path + ".new";
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
        {
            file.Write(text);
            file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\n{XxHash3.HashToUInt64(text):x16}")));
            file.Flush(flushToDisk: true);
        }
        File.Move(draft, path, overwrite: true);
    }
}
