using System.Buffers;
using ActorDcp.Protocol;

namespace ActorDcp.Client;

/// <summary>Cuts an endless answer into its documents, each followed by four newlines (dcp-reference.md 2.7). Not thread-safe.</summary>
internal sealed class DocumentStream(Stream stream, int largest)
{
    private const int ReadSize = 16 * 1024;

    private readonly ArrayBufferWriter<byte> _read = new(ReadSize);

    private static ReadOnlySpan<byte> Separator => "\n\n\n\n"u8;

    /// <summary>The next document that is not empty.</summary>
    /// <exception cref="IOException">The stream ended.</exception>
    /// <exception cref="ProtocolException">A document is larger than allowed.</exception>
    internal async Task<byte[]> NextAsync(CancellationToken cancellation)
    {
        var searched = 0;
        while (true)
        {
            var end = _read.WrittenSpan[searched..].IndexOf(Separator);
            if (end >= 0)
            {
                var document = _read.WrittenSpan[..(searched + end)].ToArray();
                DropFirst(searched + end + Separator.Length);
                searched = 0;
                if (document.Length > 0)
                    return document;
                continue;
            }
            searched = Math.Max(0, _read.WrittenCount - Separator.Length + 1);
            if (_read.WrittenCount > largest)
                throw new ProtocolException($"a document of more than {largest} bytes");
            var count = await stream.ReadAsync(_read.GetMemory(ReadSize), cancellation).ConfigureAwait(false);
            if (count == 0)
                throw new IOException("the stream ended");
            _read.Advance(count);
        }
    }

    private void DropFirst(int count)
    {
        var rest = _read.WrittenSpan[count..].ToArray();
        _read.ResetWrittenCount();
        _read.Write(rest);
    }
}
