using System.Collections.Concurrent;
using System.Diagnostics;

namespace ActorDcp.Client;

/// <summary>
/// Buffers that one thread rents and another returns, kept by powers of two up to a bound of elements. Larger ones are made to
/// measure and left to the garbage collector. Debug builds know what is rented and refuse what is not. Thread-safe.
/// </summary>
internal sealed class BufferPool<T>
    where T : class
{
    private readonly SizeClass[] _classes;
    private readonly int _smallest;
    private readonly int _largest;
    private readonly long _mostKept;
    private readonly Func<int, T> _make;
    private readonly Func<T, int> _sizeOf;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<T, string> _rentals = new(ReferenceEqualityComparer.Instance);
    private long _kept;
    private long _turn;
    private long _rented;
    private long _rentedElements;

    /// <param name="smallest">Elements of the smallest buffer; a power of two.</param>
    /// <param name="largest">Elements of the largest buffer that is kept; a power of two.</param>
    /// <param name="mostKept">Most elements kept in unused buffers.</param>
    /// <param name="make">Makes a buffer of exactly so many elements.</param>
    /// <param name="sizeOf">Elements of a buffer.</param>
    internal BufferPool(int smallest, int largest, long mostKept, Func<int, T> make, Func<T, int> sizeOf)
    {
        _smallest = smallest;
        _largest = largest;
        _mostKept = mostKept;
        _make = make;
        _sizeOf = sizeOf;
        _classes = new SizeClass[ClassOf(largest) + 1];
        for (var i = 0; i < _classes.Length; i++)
            _classes[i] = new SizeClass(smallest << i);
    }

    /// <summary>Buffers that are rented now.</summary>
    internal long Rented => Interlocked.Read(ref _rented);

    /// <summary>Elements of the buffers that are rented now.</summary>
    internal long RentedElements => Interlocked.Read(ref _rentedElements);

    /// <summary>Elements of the buffers that are kept now.</summary>
    internal long Kept
    {
        get
        {
            lock (_gate)
                return _kept;
        }
    }

    /// <summary>What is rented now, by purpose. Debug builds only.</summary>
    internal IReadOnlyCollection<string> Rentals => [.. _rentals.Values];

    /// <summary>A buffer of at least so many elements, with whatever content.</summary>
    internal T Rent(int atLeast, string purpose)
    {
        var buffer = Find(atLeast);
        Interlocked.Increment(ref _rented);
        Interlocked.Add(ref _rentedElements, _sizeOf(buffer));
        Track(buffer, purpose);
        return buffer;
    }

    /// <summary>Takes a buffer back. The caller must not touch it any more.</summary>
    internal void Return(T buffer)
    {
        Forget(buffer);
        var size = _sizeOf(buffer);
        // one that alone is more than may be kept must not drive all others out
        if (size > _largest || size > _mostKept)
            return;
        lock (_gate)
        {
            _classes[ClassOf(size)].Unused.Push(buffer);
            _kept += size;
            while (_kept > _mostKept)
                DropOne();
        }
    }

    /// <summary>Strikes a buffer off that somebody may still use: it goes to the garbage collector.</summary>
    internal void Forget(T buffer)
    {
        Untrack(buffer);
        Interlocked.Decrement(ref _rented);
        Interlocked.Add(ref _rentedElements, -_sizeOf(buffer));
    }

    private T Find(int atLeast)
    {
        if (atLeast > _largest)
            return _make(atLeast);
        var size = Math.Max(_smallest, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)atLeast));
        var wanted = _classes[ClassOf(size)];
        lock (_gate)
        {
            wanted.AskedAt = ++_turn;
            if (wanted.Unused.TryPop(out var kept))
            {
                _kept -= size;
                return kept;
            }
        }
        return _make(size);
    }

    // the size that nobody has asked for longest makes room: what one load needed must not keep out what another needs
    private void DropOne()
    {
        SizeClass? oldest = null;
        foreach (var one in _classes)
        {
            if (one.Unused.Count > 0 && (oldest is null || one.AskedAt < oldest.AskedAt))
                oldest = one;
        }
        oldest!.Unused.Pop();
        _kept -= oldest.Size;
    }

    private int ClassOf(int size) =>
        System.Numerics.BitOperations.Log2((uint)size) - System.Numerics.BitOperations.Log2((uint)_smallest);

    [Conditional("DEBUG")]
    private void Track(T buffer, string purpose)
    {
        if (!_rentals.TryAdd(buffer, purpose))
            throw new InvalidOperationException($"a buffer was rented twice, now as {purpose}");
    }

    [Conditional("DEBUG")]
    private void Untrack(T buffer)
    {
        if (!_rentals.TryRemove(buffer, out _))
            throw new InvalidOperationException("a buffer was returned that was not rented");
    }

    private sealed class SizeClass(int size)
    {
        internal int Size { get; } = size;

        internal Stack<T> Unused { get; } = new();

        internal long AskedAt { get; set; }
    }
}
