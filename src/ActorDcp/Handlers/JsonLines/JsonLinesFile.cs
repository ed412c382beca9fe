using Microsoft.Win32.SafeHandles;

namespace ActorDcp.Handlers.JsonLines;

/// <summary>
/// The one writer of a file of lines. What <see cref="Append"/> returned from is with the operating system, so it outlives the
/// process. Is the last line of an existing file torn, writing begins on a fresh one. While it is open a file of the same name with
/// <c>.lock</c> stands beside it. Thread-safe.
/// </summary>
internal sealed class JsonLinesFile : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SafeFileHandle _file;
    private readonly SafeFileHandle _claim;
    private long _length;

    /// <summary>Opens or creates the file, and its folder.</summary>
    /// <exception cref="IOException">Another process writes it, or it cannot be written.</exception>
    public JsonLinesFile(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        // apart from the file itself, which others may read: on Unix only an exclusive lock keeps a second writer out
        _claim = File.OpenHandle(
            Path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        _file = File.OpenHandle(Path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        _length = RandomAccess.GetLength(_file);
        if (_length > 0 && LastByte() != (byte)'\n')
            Append("\n"u8);
    }

    /// <summary>The file, absolute.</summary>
    public string Path { get; }

    /// <summary>Appends whole lines.</summary>
    /// <exception cref="IOException">They could not be written; nothing of them counts, and the same lines can be tried again.</exception>
    public void Append(ReadOnlySpan<byte> lines)
    {
        lock (_lock)
        {
            try
            {
                RandomAccess.Write(_file, lines, _length);
                _length += lines.Length;
            }
            catch (IOException)
            {
                RandomAccess.SetLength(_file, _length);
                throw;
            }
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _claim.Dispose();
    }

    private byte LastByte()
    {
        Span<byte> last = stackalloc byte[1];
        RandomAccess.Read(_file, last, _length - 1);
        return last[0];
    }
}
