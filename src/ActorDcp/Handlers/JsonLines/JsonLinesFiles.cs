namespace ActorDcp.Handlers.JsonLines;

/// <summary>The open files of a process, one writer each, whoever asks. Closed together at the end. Thread-safe.</summary>
internal sealed class JsonLinesFiles : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, JsonLinesFile> _files = [];
    private bool _disposed;

    /// <summary>The writer of a file, opened at the first asking.</summary>
    /// <param name="path">Path; <c>{member}</c> in it stands for the member's name.</param>
    /// <param name="member">Name of the cluster member.</param>
    /// <exception cref="IOException">Another process writes it, or it cannot be written.</exception>
    public JsonLinesFile Open(string path, string member)
    {
        var full = Path.GetFullPath(path.Replace("{member}", member, StringComparison.Ordinal));
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_files.TryGetValue(full, out var file))
                _files[full] = file = new JsonLinesFile(full);
            return file;
        }
    }

    /// <summary>Closes all files.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (var file in _files.Values)
                file.Dispose();
            _files.Clear();
        }
    }
}
